"""Templates: which there are, which may be sent, and how one is filled in."""

from typing import Any

import pytest
import requests

from tests.support.image_files import pdf
from tests.support.meta_clients import RECIPIENT, WhatsAppClient, code, frozen, picture


def header(kind: str, media_id: str, **more: Any) -> dict[str, Any]:
    return {"type": "header", "parameters": [{"type": kind, kind: {"id": media_id, **more}}]}


def body(*texts: str) -> dict[str, Any]:
    return {"type": "body", "parameters": [{"type": "text", "text": text} for text in texts]}


def use(name: str, *components: dict[str, Any], language: str = "id") -> dict[str, Any]:
    return {"name": name, "language": {"code": language}, "components": list(components)}


def refusal(phone: WhatsAppClient, template: dict[str, Any]) -> tuple[int, int, int | None]:
    found = code(phone.send(type="template", template=template))
    assert phone.objects() == []
    return found


def test_the_recipient_gets_the_template_filled_in(phone: WhatsAppClient) -> None:
    answer = phone.template("pengumuman", "Jam Layanan", "Buka pukul 08.00.", "https://a.example/1")
    assert answer.json()["messages"][0]["message_status"] == "accepted"
    (shown,) = phone.objects()
    assert shown["template"] == "pengumuman"
    assert (
        "*Jam Layanan*\n\nBuka pukul 08.00.\n\nInformasi selengkapnya: https://a.example/1" in shown["text"]
    )
    assert shown["text"].endswith("Balas BERHENTI untuk berhenti menerima pesan ini.")
    assert "{{" not in shown["text"]


def test_a_header_shows_its_picture_or_document(phone: WhatsAppClient) -> None:
    image = phone.upload(picture(), "image/jpeg").json()["id"]
    paper = phone.upload(pdf(), "application/pdf", "undangan.pdf").json()["id"]
    warning = use(
        "peringatan_dini_cuaca", header("image", image), body("hujan", "Melati", "20.00 WIB", "112")
    )
    letter = use("pengumuman_dokumen", header("document", paper, filename="surat.pdf"), body("a", "b", "c"))
    assert phone.send(type="template", template=warning).ok
    assert phone.send(type="template", template=letter).ok
    shown, other = phone.objects()
    assert "Potensi hujan di wilayah Melati sampai pukul 20.00 WIB." in shown["text"]
    assert [m["type"] for m in shown["media"] + other["media"]] == ["image/jpeg", "application/pdf"]
    assert phone.sandbox.state.objects[1].media[0].name == "surat.pdf"


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        ("tidak_ada", "id", (404, 132001, None)),
        ("pengumuman", "en_US", (404, 132001, None)),
        ("undangan_rapat_warga", "id", (404, 132001, None)),
        ("promo_wisata_kota", "id", (404, 132001, None)),
        ("info_pasar_murah", "id", (404, 132001, None)),
        ("jadwal_layanan_keliling", "id", (400, 132015, None)),
        ("survei_kepuasan_warga", "id", (400, 132016, None)),
    ],
)
def test_only_an_approved_template_is_sent(
    phone: WhatsAppClient, name: str, language: str, expected: Any
) -> None:
    assert refusal(phone, use(name, body("a", "b", "c"), language=language)) == expected


def test_parameters_must_fit(phone: WhatsAppClient) -> None:
    image = phone.upload(picture(), "image/jpeg").json()["id"]
    three = body("a", "b", "c")
    named = {"type": "body", "parameters": [{"type": "text", "parameter_name": "x", "text": "a"}] * 3}
    cases = [
        (use("pengumuman", body("a", "b")), 132000),
        (use("pengumuman", body("a", "b", "c", "d")), 132000),
        (use("pengumuman"), 132000),
        (use("pengumuman", header("image", image), three), 132000),
        (use("pengumuman_gambar", three), 132012),
        (use("pengumuman_dokumen", header("image", image), three), 132012),
        (use("pengumuman", named), 132012),
        (use("pengumuman", body("a", "", "c")), 131008),
        (use("pengumuman", body("a", "b\nb", "c")), 132018),
        (use("pengumuman", body("a", "b\tb", "c")), 132018),
        (use("pengumuman", body("a", "b     b", "c")), 132018),
        (use("pengumuman", body("a", "b" * 1024, "c")), 132005),
        (use("pengumuman", three, three), 100),
        (use("pengumuman", three, {"type": "carousel"}), 131009),
        (use("pengumuman", three, {"type": "button", "sub_type": "url", "index": "0"}), 131009),
    ]
    assert [refusal(phone, template)[1] for template, _ in cases] == [expected for _, expected in cases]
    upper = {**three, "type": "BODY"}
    assert phone.send(type="template", template=use("pengumuman", upper)).ok, "pywa writes types in capitals"
    assert phone.template("pengumuman", "a", "b    b", "c").ok, "four spaces are still flat"


def created(phone: WhatsAppClient, **wanted: Any) -> requests.Response:
    base = {"name": "baru", "language": "id", "category": "UTILITY"}
    return phone.http.post(f"{phone.waba}/message_templates", json={**base, **wanted})


def test_named_parameters_and_buttons(phone: WhatsAppClient) -> None:
    phone.set_option(auto_approve=True)
    buttons = [
        {"type": "URL", "text": "Buka", "url": "https://a.example/{{1}}"},
        {"type": "QUICK_REPLY", "text": "Berhenti"},
    ]
    text = {"type": "BODY", "text": "Halo {{nama}}, loket buka {{hari}}."}
    components = [text, {"type": "BUTTONS", "buttons": buttons}]
    assert created(phone, components=components, parameter_format="NAMED").json()["status"] == "APPROVED"
    named = [
        {"type": "text", "parameter_name": n, "text": v} for n, v in (("hari", "Senin"), ("nama", "Ibu Ani"))
    ]
    filled = {"type": "body", "parameters": named}
    suffix = {"type": "text", "text": "abc"}
    link = {"type": "button", "sub_type": "url", "index": 0, "parameters": [suffix]}
    stop = {
        "type": "button",
        "sub_type": "quick_reply",
        "index": "1",
        "parameters": [{"type": "payload", "payload": "S"}],
    }
    assert refusal(phone, use("baru", filled))[1] == 131008
    assert refusal(phone, use("baru", body("a", "b"), link))[1] == 132012
    empty = {**link, "parameters": [{"type": "text", "text": ""}]}
    assert refusal(phone, use("baru", filled, empty))[1] == 131008
    assert refusal(phone, use("baru", filled, {**link, "sub_type": "quick_reply"}))[1] == 132012
    assert refusal(phone, use("baru", filled, link, {**stop, "parameters": [suffix]}))[1] == 132012
    assert refusal(phone, use("baru", filled, link, {**stop, "index": "2"}))[1] == 131009
    assert phone.send(type="template", template=use("baru", filled, link, stop)).ok
    assert phone.objects()[0]["text"] == "Halo Ibu Ani, loket buka Senin."


def test_a_new_template_waits_for_approval_and_can_be_deleted(phone: WhatsAppClient) -> None:
    text = [{"type": "BODY", "text": "Halo."}]
    assert created(phone, components=text).json()["status"] == "PENDING"
    assert refusal(phone, use("baru"))[1] == 132001
    assert code(created(phone, components=text)) == (400, 100, 2388024)
    assert code(created(phone, name="Bukan", components=text))[1] == 100
    assert code(created(phone, category="NEWS", components=text))[1] == 100
    assert code(created(phone, components=[]))[1] == 131008
    assert code(created(phone, name="dua", components=[*text, *text]))[1] == 100
    gone = phone.http.delete(f"{phone.waba}/message_templates", params={"name": "baru"})
    assert gone.json() == {"success": True}
    assert code(phone.http.delete(f"{phone.waba}/message_templates", params={"name": "baru"}))[1] == 100


def test_a_hundred_templates_are_created_in_an_hour(phone: WhatsAppClient) -> None:
    clock = frozen(phone.sandbox)
    text = [{"type": "BODY", "text": "Halo."}]
    assert all(created(phone, name=f"baru_{n}", components=text).ok for n in range(100))
    assert code(created(phone, name="lagi", components=text))[1] == 80007
    clock.move(hours=1)
    assert created(phone, name="lagi", components=text).ok


def test_exactly_four_templates_are_approved_in_indonesian(phone: WhatsAppClient) -> None:
    query = {"status": "APPROVED", "language": "id"}
    found = phone.http.get(f"{phone.waba}/message_templates", params=query).json()["data"]
    names = {"pengumuman", "pengumuman_gambar", "pengumuman_dokumen", "peringatan_dini_cuaca"}
    assert {template["name"] for template in found} == names


def test_the_listing_is_paged_and_every_status_is_in_it(phone: WhatsAppClient) -> None:
    url, seen, after = f"{phone.waba}/message_templates", [], None
    while True:
        page = phone.http.get(url, params={"limit": 4, "after": after}).json()
        seen += page["data"]
        after = page["paging"]["cursors"]["after"]
        if "next" not in page["paging"]:
            break
    assert len({template["id"] for template in seen}) == len(seen) == 15
    assert {t["status"] for t in seen} >= {
        "PENDING",
        "REJECTED",
        "PAUSED",
        "DISABLED",
        "IN_APPEAL",
        "ARCHIVED",
    }
    assert phone.http.get(phone.base + "/" + seen[0]["id"]).json()["name"] == seen[0]["name"]
    assert code(phone.http.get(url, params={"limit": "many"}))[1] == 100
    assert code(phone.http.get(url, params={"fields": "colour"}))[1] == 100


def test_marketing_messages_takes_marketing_templates_only(phone: WhatsAppClient) -> None:
    url = f"{phone.number}/marketing_messages"
    base = {"messaging_product": "whatsapp", "to": RECIPIENT, "type": "template", "product_policy": "STRICT"}
    good = phone.http.post(url, json={**base, "template": use("pengumuman", body("a", "b", "c"))})
    assert good.ok
    utility = phone.http.post(url, json={**base, "template": use("hello_world", language="en_US")})
    assert code(utility)[1] == 134100
    assert code(phone.template(product_policy="STRICT"))[1] == 100, "/messages does not know product_policy"
