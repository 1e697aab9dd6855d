"""The file, ``preview`` and what the platform shows agree to the character."""

from tests.support.office import Office

BODY = """\
Mengharap kehadiran Bapak/Ibu pada:
Hari\t: Rabu, 3\u00a0Februari 2027
Tempat  : *Balai Desa* Contoh

3. Pasal tiga
12. Pasal dua belas

Tekan *123*45# atau buka [formulir](https://kotacontoh.example/a_b)."""
SHOWN = """\
Mengharap kehadiran Bapak/Ibu pada:
Hari : Rabu, 3 Februari 2027
Tempat  : Balai Desa Contoh

3. Pasal tiga
12. Pasal dua belas

Tekan *123*45# atau buka formulir (https://kotacontoh.example/a_b)."""


def test_preview_and_platform_agree_to_the_character(office: Office) -> None:
    media = '[{file: media/loket.jpg, alt: "Loket baru."}]'
    office.post("undangan", BODY, channels="[x, instagram]", media=media)
    previewed = {
        one["channel"]: one["parts"][0]["text"] for one in office.json("preview", "undangan")["accounts"]
    }
    printed = office.run("preview", "undangan").out
    office.run("publish", "undangan", "--yes")
    public = {item["channel"]: item["text"] for item in office.sandbox.objects()}
    assert public == previewed == {"x": SHOWN, "instagram": SHOWN}
    assert "\n".join(f"  | {line}".rstrip() for line in SHOWN.split("\n")) in printed
