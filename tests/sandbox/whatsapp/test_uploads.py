"""Media of WhatsApp: upload, limits by type and content, the life of an id, links."""

import hashlib

import pytest
import requests
from PIL import Image

from tests.support.deadlines import SECOND
from tests.support.image_files import office, pdf
from tests.support.meta_clients import WhatsAppClient, code, frozen, picture, pretend_whatsapp
from tests.support.video_files import audio_file, video_file

PDF = pdf()
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
HEAVY = picture() + bytes(5_000_001 - len(picture()))
#: One that moves may have five times as many bytes.
STICKER = picture(kind="WEBP", save_all=True, append_images=[Image.new("RGB", (1080, 1080), "navy")])


def test_an_uploaded_file_is_read_back_sent_and_deleted(phone: WhatsAppClient) -> None:
    data = picture()
    media_id = phone.upload(data, "image/jpeg", "loket.jpg").json()["id"]
    node = phone.http.get(f"{phone.base}/{media_id}").json()
    assert (node["mime_type"], node["file_size"]) == ("image/jpeg", str(len(data)))
    assert node["sha256"] == hashlib.sha256(data).hexdigest()
    assert phone.http.get(node["url"]).content == data
    assert requests.get(node["url"], timeout=15 * SECOND).status_code == 401
    phone.wrote()
    assert phone.send(type="image", image={"id": media_id, "caption": "Loket malam"}).ok
    (shown,) = phone.objects()
    assert (shown["text"], shown["media"][0]["sha256"]) == ("Loket malam", node["sha256"])
    assert phone.http.delete(f"{phone.base}/{media_id}").json() == {"success": True}
    assert code(phone.send(type="image", image={"id": media_id}))[1] == 131009
    assert code(phone.http.get(f"{phone.base}/{media_id}")) == (400, 100, 33)


def test_an_id_lives_thirty_days(phone: WhatsAppClient) -> None:
    clock = frozen(phone.sandbox)
    media_id = phone.upload(PDF, "application/pdf").json()["id"]
    clock.move(days=29, hours=23)
    phone.wrote()
    assert phone.send(type="document", document={"id": media_id, "filename": "surat.pdf"}).ok
    clock.move(hours=1)
    assert code(phone.send(type="document", document={"id": media_id}))[1] == 131009


def test_an_address_lives_five_minutes_and_an_id_is_refused_after_thirty_days(
    phone: WhatsAppClient,
) -> None:
    clock = frozen(phone.sandbox)
    node = f"{phone.base}/{phone.upload(PDF, 'application/pdf').json()['id']}"
    url = phone.http.get(node).json()["url"]
    clock.move(minutes=4, seconds=59)
    assert phone.http.get(url).content == PDF
    clock.move(seconds=1)
    assert phone.http.get(url).status_code == 404
    assert phone.http.get(url.partition("?")[0]).status_code == 404
    assert phone.http.get(phone.http.get(node).json()["url"]).content == PDF
    clock.move(days=30)
    assert code(phone.http.get(node)) == (400, 100, 33)


@pytest.mark.parametrize(
    ("data", "mime", "expected"),
    [
        (picture(kind="PNG"), "image/jpeg", 131053),
        (PDF, "image/png", 131053),
        (picture(kind="WEBP") + bytes(100_000), "image/webp", 131053),
        (STICKER + bytes(100_000), "image/webp", None),
        (STICKER + bytes(500_000), "image/webp", 131053),
        (picture(kind="WEBP"), "image/webp", None),
        (picture(kind="GIF", mode="P"), "image/gif", 100),
        (picture(mode="CMYK"), "image/jpeg", 131053),
        (picture(kind="PNG", mode="P"), "image/png", 131053),
        (picture()[:200], "image/jpeg", 131053),
        (HEAVY[:-1], "image/jpeg", None),
        (HEAVY, "image/jpeg", 131053),
        (b"", "text/plain", 131053),
        (b"Halo \xc3\xa9", "text/plain", None),
        (b"\xff\xfe", "text/plain", 131053),
        (b"%PDF-1.7 cut off", "application/pdf", 131053),
        (office(), WORD, None),
        (office("xl/"), WORD, 131053),
        (office()[:-9], WORD, 131053),
        (b"PK\x03\x04x", WORD, 131053),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504), "application/msword", None),
        (b"\xd0\xcf\x11\xe0", "application/msword", 131053),
        (audio_file("libmp3lame", container="mp3"), "audio/mpeg", None),
        (b"ID3x", "audio/mpeg", 131053),
        (audio_file("libopus", container="ogg"), "audio/ogg; codecs=opus", None),
        (audio_file("libopus", container="ogg", layout="stereo"), "audio/ogg", 131053),
        (audio_file("vorbis", container="ogg", layout="stereo"), "audio/ogg", 131053),
        (audio_file("aac", container="mp4"), "audio/mp4", None),
        (audio_file("aac"), "audio/aac", None),
        (b"\xff\xf1xx", "audio/aac", 131053),
        (video_file(audio="aac"), "video/mp4", None),
        (video_file(), "video/mp4", None),
        (video_file(codec="libx265"), "video/mp4", 131053),
        (video_file(audio="libmp3lame"), "video/mp4", 131053),
        (audio_file("aac", container="mp4"), "video/mp4", 131053),
        (video_file(), "audio/mp4", 131053),
        (b"....ftypisom", "video/mp4", 131053),
        (b"....moovisom", "video/mp4", 131053),
        (b"x", "application/zip", 100),
    ],
)
def test_declared_type_content_and_size_must_agree(
    phone: WhatsAppClient, data: bytes, mime: str, expected: int | None
) -> None:
    answer = phone.upload(data, mime)
    assert (None if answer.ok else code(answer)[1]) == expected


def test_an_upload_needs_every_part(phone: WhatsAppClient) -> None:
    url, file = f"{phone.number}/media", ("a.jpg", picture(), "image/jpeg")
    product = {"messaging_product": "whatsapp"}
    assert code(phone.http.post(url, json=product))[1] == 100
    assert code(phone.http.post(url, files={"file": file}))[1] == 131008
    assert code(phone.http.post(url, data={**product, "x": "1"}, files={"file": file}))[1] == 100
    assert code(phone.http.post(url, data={**product, "type": "image/png"}, files={"file": file}))[1] == 100
    assert code(phone.http.post(url, data=product, files={"other": file}))[1] == 100
    assert phone.http.post(url, data=product, files={"file": file}).ok, (
        "Meta's own example gives no type field"
    )


def test_a_picture_is_refused_as_a_document(phone: WhatsAppClient) -> None:
    phone.wrote()
    media_id = phone.upload(picture(), "image/jpeg").json()["id"]
    assert code(phone.send(type="document", document={"id": media_id}))[1] == 131053


def test_a_link_is_accepted_first_and_fetched_from_this_computer_only(phone: WhatsAppClient) -> None:
    phone.wrote()
    url = f"{phone.sandbox.url}/media/a.jpg"
    phone.http.put(url, data=picture(), headers={"content-type": "image/jpeg"})
    assert phone.send(type="image", image={"link": url}).ok
    for bad in (
        f"{phone.sandbox.url}/media/none.jpg",
        "https://www.kotacontoh.example/a.jpg",
        "file:///etc/passwd",
    ):
        assert phone.send(type="image", image={"link": bad}).ok
    assert len(phone.objects()) == 1


def test_a_link_to_another_kind_of_file_fails_only_later(phone: WhatsAppClient) -> None:
    phone.wrote()
    url = f"{phone.sandbox.url}/media/surat.pdf"
    phone.http.put(url, data=PDF, headers={"content-type": "application/pdf"})
    wamid = phone.send(type="image", image={"link": url}).json()["messages"][0]["id"]
    assert pretend_whatsapp(phone.sandbox).business.messages[wamid].failure_code == 131053
    assert phone.objects() == []


def test_a_link_is_remembered_for_ten_minutes(phone: WhatsAppClient) -> None:
    clock = frozen(phone.sandbox)
    phone.wrote()
    url = f"{phone.sandbox.url}/media/b.jpg"
    assert phone.send(type="image", image={"link": url}).ok
    phone.http.put(url, data=picture(), headers={"content-type": "image/jpeg"})
    assert phone.send(type="image", image={"link": url}).ok
    assert phone.objects() == [], "the failure is remembered too"
    clock.move(minutes=10)
    assert phone.send(type="image", image={"link": url}).ok
    assert len(phone.objects()) == 1
