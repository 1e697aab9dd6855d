"""Who writes nothing but the one word has left, however they wrote it; a sentence is for a person to read."""

import pytest

from humaspost.audience.opt_out import is_opt_out


@pytest.mark.parametrize(
    "text",
    [
        "BERHENTI",
        "stop",
        " Unsubscribe\n",
        "Berhenti.",
        "BERHENTI!!",
        "*STOP*",
        "_stop_",
        "~stop~",
        "“STOP”",
        "'stop'",
        "stop 🙏",
        "🛑 STOP 🛑",
        "stop ❤️",
        "STOP\u200b",
        "\u200eSTOP\u200e",
        "ST\u00adOP",
        "ＳＴＯＰ",
        "𝗦𝗧𝗢𝗣",
        "stop stop!",
    ],
)
def test_the_word_and_nothing_else(text: str) -> None:
    assert is_opt_out(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "🙏",
        "...",
        "Kapan loket berhenti melayani?",
        "berhenti ya",
        "jangan berhenti",
        "non-stop",
        "stop 112",
        "nonstop",
        "diberhentikan",
        "st op",
    ],
)
def test_a_sentence_that_has_the_word_in_it_is_for_a_person(text: str) -> None:
    assert not is_opt_out(text)
