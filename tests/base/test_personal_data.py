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
    ],
)
def test_a_number_is_hidden_however_it_is_written(number: str) -> None:
    masked = mask_numbers(f"Recipient {number} is not reachable")
    assert not any(digits in masked for digits in ("3456", "555"))
    assert masked.startswith("Recipient")


@pytest.mark.parametrize(
    "text",
    [
        "until 2027-02-03 08:30",
        "02-03-2027 08:30 WIB",
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
