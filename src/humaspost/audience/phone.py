"""Phone numbers: as users write them in Indonesia, as stored, and as shown."""

import re
import unicodedata
from functools import cache

from humaspost.base.i18n import _

_SCIENTIFIC_NOTATION = re.compile(r"[+-]?\d+([.,]\d+)?[eE]\+?\d+")
_DECIMAL_NUMBER = re.compile(r"(\d{8,15})[.,]0+")
_PHONE_PATTERN = re.compile(r"\+?[\d\s().\-/]+")


class InvalidPhone(Exception):
    """A text that is not a valid phone number.

    ``code`` is one of ``audience.codes``; ``message`` describes the problem, ``hint`` the remedy.
    """

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.hint = hint or _("write it like 0812 3456 7899, or with its country: +65 ...")


def parse_phone(text: str) -> str:
    """Return the number as ``+6281234567899``; raise InvalidPhone.

    The number is read as Indonesian: 0812…, 62812…, 8123…; a number of another country needs its + or 00. Spaces,
    dots, brackets, hyphens and invisible characters (phones copy them) are ignored.
    """
    plain = _strip_formatting(text)
    if not plain:
        raise InvalidPhone("recipient-phone", _("there is no telephone number"))
    if _SCIENTIFIC_NOTATION.fullmatch(plain):
        message = _("a spreadsheet made {text} of the number").format(text=_shorten_mantissa(plain))
        hint = _("its last digits are lost: format the column as text, and enter the number again")
        raise InvalidPhone("recipient-phone-spreadsheet", message, hint)
    if not _PHONE_PATTERN.fullmatch(plain) or "/" in plain:
        raise InvalidPhone("recipient-phone", _("this is not one telephone number"))
    return _validate(_to_international(plain))


def _shorten_mantissa(plain: str) -> str:
    """Return the number as a narrow column shows it: 6.28E+12."""
    mantissa, exponent = re.split("[eE]", plain)
    return f"{mantissa[:4]}E{exponent}"


def mask_phone(phone: str) -> str:
    """Return the number with its middle hidden: ``+62 812-**-99``."""
    digits = phone.removeprefix("+")
    code = next((digits[:n] for n in (1, 2) if digits[:n] in _country_codes()), digits[:3])
    rest = digits.removeprefix(code)
    return f"+{code} {rest[:3]}-**-{rest[-2:]}" if len(rest) > 6 else f"+{code} **"


@cache
def _country_codes() -> frozenset[str]:
    """Return every country code; none begins with another."""
    # The tables of all countries: loaded for the first number, not for every command.
    import phonenumbers

    return frozenset(map(str, phonenumbers.COUNTRY_CODE_TO_REGION_CODE))


def _strip_formatting(text: str) -> str:
    visible = "".join(c for c in text if unicodedata.category(c) != "Cf")
    plain = unicodedata.normalize("NFKC", visible).strip().removeprefix("'").strip()
    plain = re.sub(r"[\u2010-\u2015\u2212]", "-", plain)
    exported = _DECIMAL_NUMBER.fullmatch(plain)  # 6281234567899.0, as programs export a column of numbers
    return exported[1] if exported else plain


def _to_international(plain: str) -> str:
    digits = re.sub(r"\D", "", plain)
    if plain.startswith("+"):
        return "+" + digits
    if digits.startswith("00"):
        return "+" + digits[2:]
    if digits.startswith("0"):
        return "+62" + digits[1:]
    if digits.startswith("62"):
        return "+" + digits
    if digits.startswith("8"):
        return _restore_zero(digits)
    raise InvalidPhone("recipient-phone", _("a number of another country begins with +"))


def _restore_zero(digits: str) -> str:
    """Return the Indonesian mobile number whose zero a spreadsheet took away."""
    import phonenumbers

    number = _validate("+62" + digits)
    mobile = phonenumbers.PhoneNumberType.MOBILE
    if phonenumbers.number_type(phonenumbers.parse(number, None)) != mobile:
        raise InvalidPhone("recipient-phone", _("a number of another country begins with +"))
    return number


def _validate(number: str) -> str:
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException as error:
        raise InvalidPhone("recipient-phone", _("no telephone has this number")) from error
    if not phonenumbers.is_valid_number(parsed):
        raise InvalidPhone("recipient-phone", _("no telephone has this number"))
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
