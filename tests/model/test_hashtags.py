"""The hashtags that a channel adds."""

import pytest

from humaspost.model.hashtags import format_missing_hashtags


@pytest.mark.parametrize(
    ("text", "added"),
    [
        ("", "#Malam #Siaga"),
        ("Loket buka #malam", "#Siaga"),
        ("Loket #MalamIni https://a.example/#Siaga", "#Malam #Siaga"),
        ("#Siaga, #Malam.", ""),
    ],
)
def test_a_hashtag_in_the_text_is_not_added_again(text: str, added: str) -> None:
    assert format_missing_hashtags(["Malam", "#Siaga"], text) == added
