"""Colours for a terminal; they only repeat what the words already show."""

from rich.console import Console
from rich.highlighter import RegexHighlighter
from rich.text import Text
from rich.theme import Theme

_THEME = Theme(
    {
        "h.bad": "bold red",
        "h.warn": "yellow",
        "h.good": "green",
        "h.dim": "dim",
        "h.head": "bold",
        "h.caret": "bold red",
    }
)


class _KeywordHighlighter(RegexHighlighter):
    base_style = "h."
    highlights = (
        r"(?P<bad>\b(?:error|galat)\[[a-z-]+\]|\b(?:failed|gagal|unknown|perlu diperiksa|NOT RUNNING|TIDAK BERJALAN)\b)",
        r"(?P<warn>\b(?:warning|peringatan)\[[a-z-]+\]|\b(?:missed|terlewat|held|ditahan|changed|berubah)\b)",
        r"(?P<good>\b(?:published|terbit|ok)\b)",
        r"(?P<head>^[A-Z][A-Z0-9 ]+(?: \(\d+\))?$)",
        r"(?P<caret>^ *\| *\^+$)",
    )


def colourize(text: str, columns: int) -> str:
    """Return the text with colours; its line breaks do not change."""
    console = Console(theme=_THEME, highlight=False, force_terminal=True, width=columns)
    with console.capture() as captured:
        for line in text.split("\n"):
            console.print(_KeywordHighlighter()(Text(line)), soft_wrap=True)
    return captured.get().removesuffix("\n")
