"""A recording that WhatsApp does not take as it is, and a GIF: made fit, heard and seen by whoever wrote to us."""

from io import BytesIO

import av
import pytest

from tests.media.video.test_gif_and_audio import gif
from tests.support.served_office import ServedOffice
from tests.support.video_files import audio_file
from tests.support.whatsapp_templates import VIDEO_TEMPLATE, register
from tests.web.test_webhooks import FIRST, await_window

pytestmark = pytest.mark.slow


def test_a_recording_and_a_gif_reach_each_recipient_who_wrote(served_office: ServedOffice) -> None:
    config = served_office.folder / "config.toml"
    config.write_text(config.read_text("utf-8") + "\n[media]\nconvert = true\n", "utf-8")
    media = served_office.folder / "posts" / "media"
    media.mkdir()
    (media / "siaran.wav").write_bytes(audio_file("pcm_s16le", container="wav", seconds=2.0))
    (media / "gerak.gif").write_bytes(gif((401, 301)))
    served_office.set_options(auto_approve=True)
    register(served_office.sandbox.accounts["whatsapp"], VIDEO_TEMPLATE)
    served_office.run("account", "check", "whatsapp")
    served_office.message("lama")
    served_office.send("lama")
    served_office.serve()
    served_office.sandbox.control("inbound", {"from": FIRST, "text": "Terima kasih"})
    await_window(served_office)
    served_office.message("siaran", media="[{file: media/siaran.wav}]")
    film = '{template: kabar_video, params: ["{text}"]}'
    served_office.message("gerak", media='[{file: media/gerak.gif, alt: "Sirene."}]', whatsapp=film)
    for name in ("siaran", "gerak"):
        served_office.send(name)
    shown = [o for o in served_office.sandbox.objects("whatsapp") if o["to"] == FIRST and o["media"]]
    assert [o["media"][0]["type"] for o in shown] == ["audio/mp4", "video/mp4"]
    names = []
    for item in shown:
        with av.open(
            BytesIO(served_office.sandbox.fetch(f"/_sandbox/media/{item['media'][0]['sha256']}"))
        ) as file:
            names.append([stream.codec_context.name for stream in file.streams])
    assert names == [["aac"], ["h264"]]
    page = served_office.sandbox.fetch("/").decode()
    assert page.count(f'<audio src="/_sandbox/media/{shown[0]["media"][0]["sha256"]}"') == 1
    headers = {
        o["template"] for o in served_office.sandbox.objects("whatsapp") if o["to"] != FIRST and o["media"]
    }
    assert headers == {"kabar_video"}, "the others get the film by template"
    assert {row["state"] for row in served_office.deliveries()} == {"published"}
