"""A template filled in: what ``check`` says of it, and what the sandbox does with the same message."""

from datetime import UTC, datetime
from typing import Any

from humaspost.model.account import Facts, Template
from tests.channels.whatsapp.conftest import Bench
from tests.channels.whatsapp.test_messages import register

_NOW = datetime(2026, 11, 27, tzinfo=UTC)


def _text(text: str, kind: str = "BODY") -> dict[str, Any]:
    return {"type": kind, "text": text, **({"format": "TEXT"} if kind == "HEADER" else {})}


# -- what is kept of a template ------------------------------------------------------------------------


def test_a_survey_measures_the_text_that_is_the_templates_own(bench: Bench) -> None:
    register(bench, "berjudul", _text("Kabar {{1}}", "HEADER"), _text("{{2}} dan {{1}}, {{2}}."))
    register(bench, "bernama", _text("Yth {{nama}}: {{ hari }}, {{nama}}"), named=True)
    facts = {t.name: t for t in bench.session.survey().templates}
    assert (facts["berjudul"].heading, facts["berjudul"].body) == ((6, 1), (8, 1, 2))
    assert (facts["bernama"].heading, facts["bernama"].body) == ((), (8, 2, 1))
    assert facts["bernama"].named == ("nama", "hari")


def test_facts_of_an_older_ledger_are_read_and_measure_nothing() -> None:
    kept = Facts(
        _NOW, templates=(Template("lama", "id", "APPROVED", "UTILITY", 1, body=(3, 1), heading=(5,)),)
    )
    assert Facts.from_json(kept.to_json()) == kept
    older = kept.to_json()
    for template in older["templates"]:
        del template["body"], template["heading"]
    (found,) = Facts.from_json(older).templates
    assert (found.body, found.heading) == ((), ())
