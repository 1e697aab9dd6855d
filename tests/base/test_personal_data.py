"""Numbers and names never stay in a text from outside; dates, sizes and ids do."""

import pytest

from humaspost.base.personal_data import mask_numbers, mask_person, number_forms
from humaspost.channels.response_text import clean_text
from humaspost.model.errors import Rejected
from humaspost.sandbox.whatsapp.business_state import new_wamid


@pytest.mark.parametrize(
    "number",
    [
        "+6281234567890",
        "6281234567890",
        "081234567890",
        "0812-3456-7890",
        "+62 812 3456 7890",
        "(021) 555-12345",
        "%2B6281234567890",
        "to%3D6281234567890",
        "tel_081234567890",
        "tel_081234567890_x",
        "62 81 2345 6789",
        "62 81 2 345 6789 0",
        "0812/3456/7890",
        "021/5551234",
        "0812\u20133456\u20137890",
        "+62 \u2013 812 \u2013 3456 \u2013 7890",
        "+62\u00a0812\u00a03456\u00a07890",
        "(+62) 812 3456 7890",
    ],
)
def test_a_number_is_hidden_however_it_is_written(number: str) -> None:
    masked = mask_numbers(f"Recipient {number} is not reachable")
    # The escape of a URL keeps its digit.
    assert sum(map(str.isdigit, masked)) <= 1
    assert masked.startswith("Recipient")


@pytest.mark.parametrize(
    "text",
    [
        "until 2027-02-03 08:30",
        "02-03-2027 08:30 WIB",
        "02/03/2027 08:30 WIB",
        "web/2027/02/03/083000123.jpg",
        "post 1888888888888888888",
        "container 17841400000000000 expired",
        "wamid.HBgNNjI4MTIzNDU2Nzg5MBUCABEYEg",
        "HTTP 503 after 25.0 s",
        "1073741824 != 12 bytes",
        "media/IMG_20270203_083000123.jpg",
    ],
)
def test_other_digits_stay(text: str) -> None:
    assert mask_numbers(text) == text


def test_every_run_hides_numbers_of_other_countries_and_no_id() -> None:
    assert (
        mask_numbers("to 6591234567, id 17841400000000000", every_run=True) == "to ***, id 17841400000000000"
    )


@pytest.mark.parametrize(
    "number", ["%2B6591234567", "n_6591234567", "65/9123/4567", "65\u20139123\u20134567", "%206591234567"]
)
def test_the_person_is_hidden_behind_any_sign(number: str) -> None:
    assert "1234" not in mask_person(f"to {number}", phone="+6591234567", name="").replace("***", "")
    assert "4567" not in mask_person(f"to {number}", phone="+6591234567", name="")


def test_the_person_is_hidden_in_any_spelling() -> None:
    text = "Siti  Aminah (6591 234 567) and Siti Aminahwati"
    assert mask_person(text, phone="+6591234567", name="Siti Aminah") == "*** (***) and Siti Aminahwati"
    assert mask_person("An answer", phone="+6591234567", name="An") == "An answer"


def test_the_cut_of_a_long_text_leaves_no_half_number() -> None:
    text = clean_text("x" * 190 + " 6281234567890")
    assert "6281" not in text


def test_an_error_of_any_channel_holds_no_number() -> None:
    error = Rejected("131026", "Recipient phone number 6281200000001 of SITI AMINAH")
    error.without_person(phone="+6281200000001", name="Siti Aminah")
    assert (error.detail, str(error)) == (
        "Recipient phone number *** of ***",
        "131026: Recipient phone number *** of ***",
    )


def test_the_number_in_an_id_of_a_message_is_found() -> None:
    wamid = new_wamid("+6281234567890")
    assert any(form in wamid for form in number_forms("+6281234567890"))
