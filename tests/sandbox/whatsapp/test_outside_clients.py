"""Outside judges of the pretend WhatsApp: pywa, Meta's OpenAPI, and Meta's own examples of requests."""

import json
import runpy
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import requests
from jsonschema import Draft202012Validator
from pywa import WhatsApp, errors
from pywa.types import Message, MessageStatus, MessageStatusType
from pywa.types.templates import (
    BodyText,
    HeaderImage,
    TemplateLanguage,
    TemplateStatus,
    TemplateStatusUpdate,
)
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.support.image_files import pdf
from tests.support.meta_clients import (
    RECIPIENT,
    WebhookReceiver,
    WhatsAppClient,
    eventually,
    picture,
    pretend_whatsapp,
    with_assertion,
)
from tests.support.reference_data import shared
from tests.support.video_files import audio_file, video_file

#: What its tests share is made once.
pytestmark = pytest.mark.xdist_group("outside clients")

PDF, MP4, OGG = pdf(), video_file(), audio_file("libopus", container="ogg")


@pytest.fixture
def receiver() -> Iterator[WebhookReceiver]:
    with WebhookReceiver() as found:
        yield found


@pytest.fixture
def client(phone: WhatsAppClient, receiver: WebhookReceiver) -> Iterator[WhatsApp]:
    """pywa, talking to the sandbox and receiving its webhooks."""
    with httpx.Client(trust_env=False) as session:
        found = WhatsApp(
            phone_id=phone.account["phone_number_id"],
            token=phone.account["access_token"],
            waba_id=phone.account["business_account_id"],
            app_secret=phone.account["app_secret"],
            verify_token=receiver.token,
            session=session,
            api_version=26.0,
        )
        session.base_url = phone.base
        yield found


def test_pywa_sends_text_pictures_and_templates(client: WhatsApp, phone: WhatsAppClient) -> None:
    phone.wrote()
    text = client.send_message(to=RECIPIENT, text="Halo *warga*", preview_url=True, tracker="hp1:k:1")
    media = client.upload_media(picture(), mime_type="image/jpeg", filename="loket.jpg")
    image = client.send_image(to=RECIPIENT, image=media.id, caption="Loket")
    notice = client.send_template(
        to=RECIPIENT,
        name="pengumuman",
        language=TemplateLanguage.INDONESIAN,
        params=[BodyText.params("Judul", "Isi", "https://a.example")],
    )
    warning = client.send_template(
        to=RECIPIENT,
        name="peringatan_dini_cuaca",
        language=TemplateLanguage.INDONESIAN,
        params=[HeaderImage.params(image=media.id), BodyText.params("hujan", "Melati", "20.00 WIB", "112")],
    )
    shown = phone.objects()
    assert [o["id"] for o in shown] == [text.id, image.id, notice.id, warning.id]
    assert [o["template"] for o in shown] == [None, None, "pengumuman", "peringatan_dini_cuaca"]
    assert phone.sandbox.state.objects[0].extra["callback"] == "hp1:k:1"
    about = client.get_media_url(media.id)
    assert client.get_media_bytes(about.url) == picture()
    assert {t.name for t in client.get_templates()} >= {"pengumuman", "survei_kepuasan_warga"}
    with_assertion("pywa as a client: 6 calls judged")


def test_pywa_understands_the_refusals(client: WhatsApp, phone: WhatsAppClient) -> None:
    phone.set_option(pair_burst=1)
    cases: list[tuple[type[errors.WhatsAppError], Callable[[], Any]]] = [
        (errors.ReEngagementMessage, lambda: client.send_message(to=RECIPIENT, text="Halo")),
        (errors.InvalidParameter, lambda: client.send_message(to="+62", text="Halo")),
        (errors.TemplateNotExists, lambda: notice(client, "tidak_ada")),
        (errors.TemplatePaused, lambda: notice(client, "jadwal_layanan_keliling")),
        (errors.TemplateDisabled, lambda: notice(client, "survei_kepuasan_warga")),
        (errors.TemplateParamCountMismatch, lambda: notice(client, "pengumuman", "a", "b")),
        (errors.TooManyMessages, lambda: [notice(client, "pengumuman") for _ in range(2)]),
    ]
    judged = 0
    for expected, act in cases:
        with pytest.raises(expected) as refused:
            act()
        assert refused.value.details
        judged += 1
    with_assertion(f"pywa as a client: {judged} refusals judged")
    assert judged >= 7


def notice(client: WhatsApp, name: str, *params: str) -> Any:
    texts = params or ("Judul", "Isi", "https://a.example")
    body = BodyText.params(*texts)
    return client.send_template(to=RECIPIENT, name=name, language=TemplateLanguage.INDONESIAN, params=[body])


def test_pywa_receives_the_webhooks(
    client: WhatsApp, phone: WhatsAppClient, receiver: WebhookReceiver
) -> None:
    statuses: list[MessageStatus[Any]] = []
    messages: list[Message] = []
    verdicts: list[TemplateStatusUpdate] = []
    client.on_message_status()(lambda _, status: statuses.append(status))
    client.on_message()(lambda _, message: messages.append(message))
    client.on_template_status_update()(lambda _, verdict: verdicts.append(verdict))

    def judge(body: bytes, signature: str) -> int:
        invalid = client.webhook_update_validator(body, signature)
        return invalid[1] if invalid else client.webhook_update_handler(body)[1]

    def greet(token: str, challenge: str) -> tuple[str, int]:
        said, status = client.webhook_challenge_handler(token, challenge)
        return str(said), status

    receiver.is_accepted, receiver.verify_handshake = judge, greet
    phone.set_option(callback_url=receiver.url, delivered_seconds=0.05, read_seconds=0.1, webhook_batch=1)
    phone.wrote("Terima kasih, Kak 🙏 — é")
    wamid = phone.template(biz_opaque_callback_data="hp1:k:1").json()["messages"][0]["id"]
    phone.set_option(undeliverable=["+628120000001"])
    phone.template(to="+628120000001")
    assert pretend_whatsapp(phone.sandbox).set_template_status("pengumuman", "REJECTED")
    eventually(lambda: len(statuses) >= 4 and len(messages) >= 1 and len(verdicts) >= 1)
    (verdict,) = verdicts
    assert (verdict.template_name, verdict.new_status) == ("pengumuman", TemplateStatus.REJECTED)
    assert [(m.text, m.from_user.wa_id) for m in messages] == [("Terima kasih, Kak 🙏 — é", RECIPIENT[1:])]
    good = [status for status in statuses if status.id == wamid]
    sent, delivered, read = MessageStatusType.SENT, MessageStatusType.DELIVERED, MessageStatusType.READ
    assert [status.status for status in good] == [sent, delivered, read]
    assert {status.tracker for status in good} == {"hp1:k:1"}
    (failed,) = [status for status in statuses if status.status == MessageStatusType.FAILED]
    assert isinstance(failed.error, errors.MessageUndeliverable)
    assert len(receiver.posts) == 6, "a refused signature would have been sent again"
    with_assertion(f"pywa as receiver: {len(receiver.posts)} signed webhooks judged")


class OpenApiSpec:
    """Meta's OpenAPI v23, mended as its loader says; ``judged`` counts the bodies that it passed."""

    def __init__(self) -> None:
        loader = runpy.run_path(str(shared("contracts/data/whatsapp/relax_meta_spec.py")))["load"]
        path = "contracts/data/whatsapp/facebook-openapi/business-messaging-api_v23.0.yaml"
        document = json.loads(json.dumps(loader(shared(path))))
        resource = DRAFT202012.create_resource(document)
        self.registry: Registry[Any] = Registry().with_resource("urn:meta", resource)
        self.validated_count = 0

    def validate(self, value: Any, pointer: str) -> None:
        schema = {"$ref": f"urn:meta#{pointer}"}
        found = [e.message for e in Draft202012Validator(schema, registry=self.registry).iter_errors(value)]
        assert not found, (pointer, found, value)
        self.validated_count += 1

    def answer(self, answer: requests.Response, method: str, path: str) -> Any:
        """The body of a 2xx ``answer`` is what Meta says of ``method path``."""
        assert answer.ok, answer.text
        escaped = ("/{Version}" + path).replace("/", "~1")
        where = f"/paths/{escaped}/{method}/responses/200"
        responses = self.registry.resolver("urn:meta").lookup(f"urn:meta#{where}").contents
        where = responses["$ref"][1:] if "$ref" in responses else where
        self.validate(answer.json(), f"{where}/content/application~1json/schema")
        return answer.json()

    def refusal(self, answer: requests.Response) -> None:
        assert not answer.ok
        self.validate(answer.json(), "/components/schemas/GraphAPIError")


@pytest.fixture(scope="module")
def spec() -> OpenApiSpec:
    return OpenApiSpec()


def test_metas_openapi_accepts_every_answer(phone: WhatsAppClient, spec: OpenApiSpec) -> None:
    phone.wrote()
    phone.set_option(message_history=True)
    number, waba = "/{Phone-Number-ID}", "/{WABA-ID}"
    block = {"messaging_product": "whatsapp", "block_users": [{"user": RECIPIENT}]}
    new = {
        "name": "baru",
        "language": "id",
        "category": "UTILITY",
        "components": [{"type": "BODY", "text": "Halo."}],
    }
    before = spec.validated_count
    media_id = spec.answer(phone.upload(picture(), "image/jpeg"), "post", f"{number}/media")["id"]
    sent = spec.answer(phone.text(), "post", f"{number}/messages")
    spec.answer(phone.send(type="image", image={"id": media_id}), "post", f"{number}/messages")
    spec.answer(phone.template(), "post", f"{number}/messages")
    phone.set_option(held="deliver", bsuid="both")
    spec.answer(phone.template(), "post", f"{number}/messages")
    spec.answer(phone.http.get(f"{phone.base}/{media_id}"), "get", "/{Media-ID}")
    spec.answer(phone.http.delete(f"{phone.base}/{media_id}"), "delete", "/{Media-ID}")
    spec.answer(phone.http.get(phone.number), "get", number)
    templates = f"{phone.waba}/message_templates"
    spec.answer(phone.http.get(templates), "get", f"{waba}/message_templates")
    spec.answer(phone.http.post(templates, json=new), "post", f"{waba}/message_templates")
    gone = phone.http.delete(templates, params={"name": "baru"})
    spec.answer(gone, "delete", f"{waba}/message_templates")
    for method in ("post", "get", "delete"):
        body = block if method != "get" else None
        answer = phone.http.request(method, f"{phone.number}/block_users", json=body)
        spec.answer(answer, method, f"{number}/block_users")
    for method in ("get", "delete", "post"):
        spec.answer(
            phone.http.request(method, f"{phone.waba}/subscribed_apps"), method, f"{waba}/subscribed_apps"
        )
    query = {"message_id": sent["messages"][0]["id"]}
    spec.answer(
        phone.http.get(f"{phone.number}/message_history", params=query), "get", f"{number}/message_history"
    )
    for refused in (phone.text(to="x"), phone.template("tidak_ada"), phone.http.get(f"{phone.base}/1")):
        spec.refusal(refused)
    with_assertion(f"Meta's OpenAPI: {spec.validated_count - before} answers judged")
    assert spec.validated_count - before >= 20


@pytest.mark.parametrize("bsuid", ["no", "both", "only"])
def test_metas_openapi_accepts_every_webhook(
    phone: WhatsAppClient, receiver: WebhookReceiver, spec: OpenApiSpec, bsuid: str
) -> None:
    phone.set_option(callback_url=receiver.url, delivered_seconds=0.01, read_seconds=0.02, bsuid=bsuid)
    phone.wrote("Halo — é")
    phone.text()
    phone.template()
    phone.set_option(undeliverable=[RECIPIENT])
    phone.template()
    eventually(lambda: len(receiver.values()) >= 8)
    before = spec.validated_count
    for value in receiver.values():
        kind = "StatusMessageValue" if "statuses" in value else "IncomingMessageValueGeneral"
        spec.validate(value, f"/components/schemas/{kind}")
    for body, _ in receiver.posts:
        spec.validate(json.loads(body), "/components/schemas/WebhookPayload")
    with_assertion(f"Meta's OpenAPI: {spec.validated_count - before} webhook bodies judged")
    assert spec.validated_count - before >= 9


#: Meta's published examples that the platform itself would refuse, and why.
REFUSED = {
    "Send Reply to List Message": (131008, "no type, so it is read as text"),
    "Send Sample Issue Resolution Template": (100, "text is a boolean"),
}


def test_metas_published_examples_are_accepted_or_refused_as_they_should_be(phone: WhatsAppClient) -> None:
    examples = json.loads(shared("contracts/data/whatsapp/meta-spec-message-requests.json").read_text())
    phone.wrote()
    phone.set_option(auto_approve=True, window="open", pair_burst=1000, rate=1000)
    ready = Prepared(phone)
    judged = 0
    for name, example in examples.items():
        answer = phone.http.post(f"{phone.number}/messages", json=ready.request(example))
        expected, why = REFUSED.get(name, (None, ""))
        found = None if answer.ok else answer.json()["error"]["code"]
        assert found == expected, (name, why, answer.text)
        judged += 1
    with_assertion(f"Meta's published requests: {judged} judged, {len(REFUSED)} of them to be refused")
    assert judged >= 50
    shown = phone.objects()
    assert len(shown) >= judged - len(REFUSED) - 2, "all but the read receipt and marketing to a US number"
    assert not any("http(s)" in str(o) or "_ID>" in str(o["media"]) for o in shown)


class Prepared:
    """Fills the blanks of Meta's examples: the person, the files, the templates that they speak of."""

    def __init__(self, phone: WhatsAppClient) -> None:
        self.phone = phone
        webp = picture(64, 64, kind="WEBP")
        files = {
            "image": (picture(), "image/jpeg"),
            "video": (MP4, "video/mp4"),
            "audio": (OGG, "audio/ogg"),
            "document": (PDF, "application/pdf"),
            "sticker": (webp, "image/webp"),
        }
        self.ids = {kind: phone.upload(*file).json()["id"] for kind, file in files.items()}
        self.links = {kind: f"{phone.sandbox.url}/media/{kind}" for kind in files}
        for kind, (data, mime) in files.items():
            phone.http.put(self.links[kind], data=data, headers={"content-type": mime})

    def request(self, example: dict[str, Any]) -> dict[str, Any]:
        filled: dict[str, Any] = json.loads(json.dumps(example))
        if "{{" in filled.get("to", ""):
            filled["to"] = RECIPIENT
        if "status" in filled:
            filled["message_id"] = pretend_whatsapp(self.phone.sandbox).receive_message(RECIPIENT, "Halo")
        for kind in self.ids:
            self._file(filled.get(kind), kind)
        if "template" in filled:
            self._register(filled["template"])
        return filled

    def _file(self, media: dict[str, Any] | None, kind: str) -> None:
        if media and "id" in media:
            media["id"] = self.ids[kind]
        if media and "link" in media:
            media["link"] = self.links[kind]

    def _register(self, use: dict[str, Any]) -> None:
        """A template that fits what the example sends, under a name of its own."""
        use["name"] = f"contoh_{len(pretend_whatsapp(self.phone.sandbox).business.templates)}"
        use["language"]["code"] = "en_US"
        components: list[dict[str, Any]] = []
        buttons, holes = [], 0
        for component in use.get("components", []):
            parameters = component.get("parameters", [])
            if component["type"] == "header":
                self._file(parameters[0]["image"], "image")
                components.append({"type": "HEADER", "format": "IMAGE"})
            elif component["type"] == "body":
                holes = len(parameters)
            else:
                buttons.append({"type": component["sub_type"].upper(), "text": "Buka"})
        text = "Contoh " + " ".join(f"{{{{{n + 1}}}}}" for n in range(holes)) + "."
        components.append({"type": "BODY", "text": text})
        if buttons:
            components.append({"type": "BUTTONS", "buttons": buttons})
        new = {"name": use["name"], "language": "en_US", "category": "UTILITY", "components": components}
        assert self.phone.http.post(f"{self.phone.waba}/message_templates", json=new).ok
