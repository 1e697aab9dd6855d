"""Numbers as people in Indonesia write them."""

import phonenumbers
import pytest

from humaspost.audience.codes import CODES
from humaspost.audience.phone import InvalidPhone, mask_phone, parse_phone


@pytest.mark.parametrize(
    "text",
    [
        "+6281234567899",
        "+62 812-3456-7899",
        "+62 0812 3456 7899",
        "081234567899",
        "0812 3456 7899",
        "0812-3456-7899",
        "0812.3456.7899",
        "(0812) 34567899",
        "6281234567899",
        "62081234567899",
        "62 812 3456 7899",
        "81234567899",
        "006281234567899",
        "'081234567899",
        "6281234567899.0",
        "\u202a+62 812\u20113456\u20117899\u202c",
        "+62\u00a0812\u00a034567899",
        "０８１２３４５６７８９９",
    ],
)
def test_every_way_to_write_one_number(text: str) -> None:
    assert parse_phone(text) == "+6281234567899"


def test_numbers_of_other_countries_and_of_offices() -> None:
    assert parse_phone("+65 9123 4567") == "+6591234567"
    assert parse_phone("0065 9123 4567") == "+6591234567"
    assert parse_phone("(021) 3483-5000") == "+622134835000"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "recipient-phone"),
        ("  ", "recipient-phone"),
        ("6.28E+12", "recipient-phone-spreadsheet"),
        ("6,28123E+12", "recipient-phone-spreadsheet"),
        ("6e12", "recipient-phone-spreadsheet"),
        ("tidak ada", "recipient-phone"),
        ("0812", "recipient-phone"),
        ("081234567890/081234567891", "recipient-phone"),
        ("081234567899 ext. 12", "recipient-phone"),
        ("65 9123 4567", "recipient-phone"),
        ("+62 812 3456 7899 0123 45", "recipient-phone"),
        ("+0812345678", "recipient-phone"),
        ("+", "recipient-phone"),
        ("9" * 400, "recipient-phone"),
    ],
)
def test_what_is_no_number_is_refused_with_a_reason(text: str, code: str) -> None:
    with pytest.raises(InvalidPhone) as bad:
        parse_phone(text)
    assert bad.value.code == code
    assert bad.value.message
    assert code in CODES


def test_people_see_only_the_ends_of_a_number() -> None:
    assert mask_phone("+6281234567899") == "+62 812-**-99"
    assert mask_phone("+6591234567") == "+65 912-**-67"
    assert mask_phone("+14155550123") == "+1 415-**-23"
    assert mask_phone("+67077123456") == "+670 771-**-56"
    assert mask_phone("+62812") == "+62 **"


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
def test_every_country_code_is_displayed_whole(code: int) -> None:
    assert mask_phone(f"+{code}123456789") == f"+{code} 123-**-89"
