"""Every kind of message and template: what is sent, what the sandbox takes, what Meta's own schema says."""

import runpy
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import requests
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from humaspost.channels.whatsapp import WhatsApp
from humaspost.channels.whatsapp.config import WhatsAppConfig
from humaspost.channels.whatsapp.payload import build_message
from humaspost.model.account import AccountStatus, Template
from humaspost.model.delivery import Recipient
from humaspost.model.post import MediaKind, Post
from humaspost.model.rendition import Attachment, Fallback, Part, Rendition
from tests.channels.whatsapp.conftest import PERSON, SessionHarness
from tests.support.deadlines import SECOND
from tests.support.meta_clients import with_assertion
from tests.support.reference_data import shared
from tests.support.sample_posts import medium, post
from tests.support.video_files import audio_file, video_file

#: What its tests share is made once.
pytestmark = pytest.mark.xdist_group("payload")

_NOW = datetime(2026, 11, 23, tzinfo=UTC)
_BYTES = {
    MediaKind.VIDEO: ("video/mp4", video_file()),
    MediaKind.AUDIO: ("audio/ogg", audio_file("libopus", container="ogg")),
}
_KINDS = {
    MediaKind.IMAGE: "a.jpg",
    MediaKind.VIDEO: "a.mp4",
    MediaKind.AUDIO: "a.ogg",
    MediaKind.DOCUMENT: "a.pdf",
}
_NAMED = Fallback("bernama", "id", ("Budi", "1 Mei"), names=("nama", "tanggal"))
_TOP = Fallback("berjudul", "id", ("a",), top="Judul")
_BUTTONS = Fallback(
    "bertombol", "id", ("a",), header=True, buttons=(("url", "loket/14"), ("payload", "STOP"), ("", ""))
)


def attachment(kind: MediaKind) -> Attachment:
    return Attachment(f"media/{_KINDS[kind]}", "0f" * 32, kind, "x/y", 1, "", 0)


def part(kind: MediaKind | None = None, fallback: Fallback | None = None, text: str = "*Judul*") -> Part:
    return Part(1, text, (attachment(kind),) if kind else (), {}, fallback)


def bodies() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every shape of message that the channel can send."""
    inside, outside = Recipient("r", "+6281200000001", True), Recipient("r", "+6281200000001")

    def made(of: Part, to: Recipient) -> dict[str, Any]:
        found = build_message(of, to, media_id="1037543291543636", key="hp1:k:1")
        assert found is not None
        return found

    yield "text", made(part(), inside)
    yield "link", made(part(text="Lihat https://kota.example/14"), inside)
    for kind in _KINDS:
        yield str(kind), made(part(kind), inside)
    for kind in (MediaKind.IMAGE, MediaKind.VIDEO, MediaKind.DOCUMENT):
        yield f"template with {kind}", made(part(kind, Fallback("a", "id", ("x",), True)), outside)
    yield "bare template", made(part(None, Fallback("hello_world", "en_US")), outside)
    yield "named", made(part(None, _NAMED), outside)
    yield "text header", made(part(None, _TOP), outside)
    yield "buttons", made(part(MediaKind.VIDEO, _BUTTONS), outside)


def test_a_link_is_sent_with_its_preview_and_an_audio_without_words() -> None:
    found = dict(bodies())
    assert found["text"]["text"]["preview_url"] is False
    assert found["link"]["text"]["preview_url"] is True
    assert found["audio"]["audio"] == {"id": "1037543291543636"}
    assert found["video"]["video"] == {"id": "1037543291543636", "caption": "*Judul*"}


def test_parameters_go_by_name_where_the_template_names_them() -> None:
    found = dict(bodies())
    assert found["named"]["template"]["components"] == [
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "nama", "text": "Budi"},
                {"type": "text", "parameter_name": "tanggal", "text": "1 Mei"},
            ],
        }
    ]
    top = {"type": "header", "parameters": [{"type": "text", "text": "Judul"}]}
    assert found["text header"]["template"]["components"][0] == top


def test_buttons_are_filled_by_their_position() -> None:
    components = dict(bodies())["buttons"]["template"]["components"]
    assert [component["type"] for component in components] == ["header", "body", "button", "button"]
    assert components[2:] == [
        {
            "type": "button",
            "sub_type": "url",
            "index": "0",
            "parameters": [{"type": "text", "text": "loket/14"}],
        },
        {
            "type": "button",
            "sub_type": "quick_reply",
            "index": "1",
            "parameters": [{"type": "payload", "payload": "STOP"}],
        },
    ]


# -- what a post writes --------------------------------------------------------------------------------

_CONFIG = WhatsAppConfig.model_validate(
    {
        "phone_number_id": "1",
        "business_account_id": "2",
        "templates": {
            "text": {"name": "pengumuman", "params": ["{title}"]},
            "video": {
                "name": "bertombol",
                "params": {"judul": "{title}"},
                "header": "{title}",
                "buttons": [{"url": "{link}"}, "", {"payload": "STOP"}],
            },
        },
    }
)
_CHANNEL = WhatsApp()


def rendered(of: Post) -> Rendition:
    return _CHANNEL.render(of, _CONFIG, _CHANNEL.rules(_CONFIG), account="wa")


def fallback_of(of: Post) -> Fallback | None:
    return rendered(of).parts[0].fallback


def test_the_account_fills_what_the_post_does_not() -> None:
    film = medium("media/a.mp4", kind=MediaKind.VIDEO)
    found = fallback_of(post("a", media=[film], link="loket/14"))
    assert found == Fallback(
        "bertombol", "id", ("Loket buka malam",), True, ("judul",), "Loket buka malam", "",
        (("url", "loket/14"), ("", ""), ("payload", "STOP")),
    )  # fmt: skip
    own = {"whatsapp": {"params": {"judul": "Lain"}, "header": {"atas": "b"}, "buttons": [""]}}
    found = fallback_of(post("a", media=[film], own=own))
    assert found is not None
    assert (found.params, found.top, found.top_name, found.buttons) == (("Lain",), "b", "atas", (("", ""),))


def test_an_audio_takes_the_template_for_text() -> None:
    found = fallback_of(post("a", media=[medium("media/a.ogg", kind=MediaKind.AUDIO)]))
    assert found == Fallback("pengumuman", "id", ("Loket buka malam",))


def test_what_is_rendered_survives_the_ledger() -> None:
    film = medium("media/a.mp4", kind=MediaKind.VIDEO)
    made = rendered(post("a", media=[film]))
    assert Rendition.from_json(made.to_json()).hash == made.hash
    assert Rendition.from_json(made.to_json()) == made


TEMPLATES = (
    Template("biasa", "id", "APPROVED", "UTILITY", 1),
    Template("bernama", "id", "APPROVED", "UTILITY", 2, "", ("nama", "tanggal")),
    Template("berjudul", "id", "APPROVED", "UTILITY", 0, has_header_param=True),
    Template(
        "judul-bernama", "id", "APPROVED", "UTILITY", 0, has_header_param=True, header_param_name="desa"
    ),
    Template("tombol", "id", "APPROVED", "UTILITY", 0, buttons=("url+", "quick_reply", "phone_number")),
)


@pytest.mark.parametrize(
    ("own", "fields"),
    [
        ({"template": "biasa", "params": ["a"]}, []),
        ({"template": "biasa", "params": {"a": "b"}}, ["whatsapp.params"]),
        ({"template": "bernama", "params": {"tanggal": "1 Mei", "nama": "Budi"}}, []),
        ({"template": "bernama", "params": {"tanggal": "1 Mei"}}, ["whatsapp.params"]),
        ({"template": "bernama", "params": ["a", "b"]}, ["whatsapp.params"]),
        ({"template": "berjudul", "header": "a"}, []),
        ({"template": "berjudul"}, ["whatsapp.params"]),
        ({"template": "berjudul", "header": {"desa": "a"}}, ["whatsapp.params"]),
        ({"template": "judul-bernama", "header": {"desa": "a"}}, []),
        ({"template": "judul-bernama", "header": {"kota": "a"}}, ["whatsapp.params"]),
        ({"template": "judul-bernama", "header": "a"}, ["whatsapp.params"]),
        ({"template": "biasa", "params": ["a"], "header": "b"}, ["whatsapp.params"]),
        ({"template": "tombol", "buttons": [{"url": "a"}]}, []),
        ({"template": "tombol", "buttons": [{"url": "a"}, {"payload": "b"}, ""]}, []),
        ({"template": "tombol"}, ["whatsapp.buttons"]),
        ({"template": "tombol", "buttons": [{"payload": "a"}]}, ["whatsapp.buttons"]),
        ({"template": "tombol", "buttons": [{"url": "a"}, "", "", ""]}, ["whatsapp.buttons"]),
        ({"template": "biasa", "params": ["a"], "buttons": [{"url": "a"}]}, ["whatsapp.buttons"]),
        ({"template": "biasa", "params": ["a"], "buttons": "a"}, ["whatsapp.buttons"]),
        ({"template": "biasa", "params": ["a"], "header": ["a"]}, ["whatsapp.header"]),
    ],
)
def test_a_post_is_held_against_the_approved_template(own: dict[str, Any], fields: list[str]) -> None:
    facts = AccountStatus(_NOW, templates=TEMPLATES)
    found = _CHANNEL.check(
        rendered(post("a", own={"whatsapp": own})), _CHANNEL.rules(_CONFIG), facts, config=_CONFIG
    )
    assert [problem.field for problem in found] == fields
    assert all(problem.hint for problem in found)


# -- the sandbox and Meta as judges --------------------------------------------------------------------


def register(harness: SessionHarness, name: str, *components: dict[str, Any], named: bool = False) -> None:
    """A template is approved in the sandbox."""
    wanted = {"name": name, "language": "id", "category": "UTILITY", "components": list(components)}
    wanted["parameter_format"] = "NAMED" if named else "POSITIONAL"
    harness.sandbox.state.settings["whatsapp.auto_approve"] = True
    url = f"{harness.config.api_url}/{harness.config.business_account_id}/message_templates"
    token = harness.context.secret("access_token")
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(
            url, json=wanted, headers={"Authorization": f"Bearer {token}"}, timeout=15 * SECOND
        )
    assert answer.status_code == 200, answer.text


def test_named_parameters_text_headers_and_buttons_arrive(harness: SessionHarness) -> None:
    register(harness, "bernama", {"type": "BODY", "text": "Yth {{nama}}, {{tanggal}}."}, named=True)
    register(
        harness,
        "berjudul",
        {"type": "HEADER", "format": "TEXT", "text": "Kabar {{1}}"},
        {"type": "BODY", "text": "Isi {{1}}."},
    )
    buttons = [
        {"type": "URL", "text": "Buka", "url": "https://kota.example/{{1}}"},
        {"type": "QUICK_REPLY", "text": "Berhenti"},
    ]
    register(
        harness, "bertombol", {"type": "BODY", "text": "Isi {{1}}."}, {"type": "BUTTONS", "buttons": buttons}
    )
    facts = {t.name: t for t in harness.session.fetch_status().templates}
    assert facts["bernama"].param_names == ("nama", "tanggal")
    assert facts["berjudul"].has_header_param
    assert facts["bertombol"].buttons == ("url+", "quick_reply")
    for made in (_NAMED, _TOP, Fallback("bertombol", "id", ("a",), buttons=_BUTTONS.buttons[:2])):
        harness.published(part(None, made))
    texts = [o.text for o in harness.objects()]
    assert "Yth Budi, 1 Mei." in texts[0]
    assert "Kabar Judul" in texts[1]
    assert len(texts) == 3


@pytest.mark.parametrize(("kind", "name"), [(MediaKind.VIDEO, "a.mp4"), (MediaKind.AUDIO, "a.ogg")])
def test_videos_and_audio_are_uploaded_once_and_sent_by_id(
    harness: SessionHarness, kind: MediaKind, name: str
) -> None:
    mime, data = _BYTES[kind]
    item = replace(harness.context.add(data, name=name), kind=kind, mime=mime)
    harness.published(Part(1, "*Judul*", (item,)), window=True)
    (shown,) = harness.objects()
    assert (shown.media[0].type, shown.to) == (mime, PERSON.phone)
    assert shown.text == ("" if kind is MediaKind.AUDIO else "*Judul*")


@pytest.fixture(scope="module")
def schema_validator() -> Callable[[dict[str, Any]], None]:
    """Fails for a message that Meta's own OpenAPI does not allow."""
    data = shared("contracts/data/whatsapp/facebook-openapi/business-messaging-api_v23.0.yaml").parents[1]
    meta = runpy.run_path(str(data / "relax_meta_spec.py"))
    spec = meta["load"](data / "facebook-openapi" / "business-messaging-api_v23.0.yaml")
    registry: Registry[Any] = Registry().with_resource("urn:meta", DRAFT202012.create_resource(spec))

    def check(body: dict[str, Any]) -> None:
        name = meta["schema_for"](spec, body["type"])
        where = {"$ref": f"urn:meta#/components/schemas/{name}"}
        Draft202012Validator(where, registry=registry).validate(body)

    return check


def test_metas_own_schema_takes_every_message_that_we_send(
    schema_validator: Callable[[dict[str, Any]], None],
) -> None:
    names = []
    for name, body in bodies():
        schema_validator(body)
        names.append(name)
    with_assertion(f"Meta's OpenAPI judged {len(names)} kinds of message that we send")
    assert len(names) >= 13


@pytest.mark.parametrize("spoil", [{"to": None}, {"text": {"body": 5}}, {"text": None}])
def test_metas_own_schema_can_refuse(
    schema_validator: Callable[[dict[str, Any]], None], spoil: dict[str, Any]
) -> None:
    body = dict(bodies())["text"] | spoil
    with pytest.raises(Exception, match=r"is not of type"):
        schema_validator(body)
