"""The bases of law on which an office may write to a person."""

#: Law 27 of 2022 on personal data, article 20 (2) a to f, and the words that offices use for them.
BASES = {
    "consent": ("persetujuan",),
    "contract": ("perjanjian", "kontrak"),
    "legal-obligation": ("kewajiban hukum", "kewajiban-hukum", "legal obligation"),
    "vital-interest": ("kepentingan vital", "kepentingan-vital", "vital interest"),
    "public-task": ("tugas publik", "kepentingan umum", "pelayanan publik", "public task"),
    "legitimate-interest": ("kepentingan sah", "kepentingan yang sah", "legitimate interest"),
}
_BASIS_BY_WORD = {word: basis for basis, words in BASES.items() for word in (basis, *words)}


def read_basis(text: str) -> str:
    """Return the basis that the text names, else the text as it is."""
    return _BASIS_BY_WORD.get(text.strip().casefold(), text)


def is_valid_basis(basis: str) -> bool:
    """Return True if the law has this basis."""
    return basis in BASES
