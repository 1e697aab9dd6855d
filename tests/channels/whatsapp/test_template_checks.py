"""A template filled in: what ``check`` says of it, and what the sandbox does with the same message."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from humaspost.channels.whatsapp import WhatsApp
from humaspost.model.account import AccountStatus, Template
from humaspost.model.channel import Ready
from humaspost.model.errors import Rejected
from humaspost.model.problem import Problem
from humaspost.model.rendition import Rendition
from tests.channels.whatsapp.conftest import PERSON, SessionHarness
from tests.channels.whatsapp.test_payload import register
from tests.support.sample_posts import post

_NOW = datetime(2026, 11, 27, tzinfo=UTC)
_CHANNEL = WhatsApp()


def _text(text: str, kind: str = "BODY") -> dict[str, Any]:
    return {"type": kind, "text": text, **({"format": "TEXT"} if kind == "HEADER" else {})}


# -- what is kept of a template ------------------------------------------------------------------------


def test_reading_the_status_measures_the_text_that_is_the_templates_own(harness: SessionHarness) -> None:
    register(harness, "berjudul", _text("Kabar {{1}}", "HEADER"), _text("{{2}} dan {{1}}, {{2}}."))
    register(harness, "bernama", _text("Yth {{nama}}: {{ hari }}, {{nama}}"), named=True)
    facts = {t.name: t for t in harness.session.fetch_status().templates}
    assert (facts["berjudul"].header_lengths, facts["berjudul"].body_lengths) == ((6, 1), (8, 1, 2))
    assert (facts["bernama"].header_lengths, facts["bernama"].body_lengths) == ((), (8, 2, 1))
    assert facts["bernama"].param_names == ("nama", "hari")


def test_facts_of_an_older_ledger_are_read_and_measure_nothing() -> None:
    kept = AccountStatus(
        _NOW,
        templates=(
            Template("lama", "id", "APPROVED", "UTILITY", 1, body_lengths=(3, 1), header_lengths=(5,)),
        ),
    )
    assert AccountStatus.from_json(kept.to_json()) == kept
    older = kept.to_json()
    for template in older["templates"]:
        del template["body_lengths"], template["header_lengths"]
    (found,) = AccountStatus.from_json(older).templates
    assert (found.body_lengths, found.header_lengths) == ((), ())
    newer = kept.to_json()
    for template in newer["templates"]:
        template["footer"] = [3]
    assert AccountStatus.from_json(newer) == kept


# -- the same message before both judges ---------------------------------------------------------------


def checked(
    harness: SessionHarness, own: dict[str, Any], facts: AccountStatus | None
) -> tuple[Rendition, list[Problem]]:
    rules = _CHANNEL.rules(harness.config)
    made = _CHANNEL.render(post("a", own={"whatsapp": own}), harness.config, rules, account="wa")
    return made, _CHANNEL.check(made, rules, facts, config=harness.config)


def refusal(harness: SessionHarness, made: Rendition) -> str:
    """With which code the sandbox refuses the message; "" = it is sent."""
    try:
        harness.session.publish(made.parts[0], Ready({}), key="hp1:k:1", to=PERSON, reply_to=None)
    except Rejected as error:
        return error.code
    return ""


def check_and_send(harness: SessionHarness, **own: Any) -> tuple[list[tuple[str, str | None]], str]:
    """Code and field of every problem, and the sandbox's code."""
    made, problems = checked(harness, own, harness.session.fetch_status())
    assert all(found.hint and found.is_error for found in problems)
    return [(found.code, found.field) for found in problems], refusal(harness, made)


@pytest.mark.parametrize(
    ("length", "problems"), [(1024, []), (1025, [("template-params", "whatsapp.params")])]
)
@pytest.mark.parametrize("kind", ["numbered", "named", "twice"])
def test_a_filled_body_has_1024_characters_at_most(
    harness: SessionHarness, kind: str, length: int, problems: list[Any]
) -> None:
    own, rest = "Isi surat: ", length - 900 - len("Isi surat: ")
    match kind:
        case "numbered":
            register(harness, "surat", _text(own + "{{1}}{{2}}"))
            params: Any = ["a" * 900, "b" * rest]
        case "named":
            register(harness, "surat", _text(own + "{{isi}}{{akhir}}"), named=True)
            params = {"akhir": "b" * rest, "isi": "a" * 900}
        case _:
            register(harness, "surat", _text(own + "{{2}}{{1}}{{2}}"))
            params = ["b" * rest, "a" * 450]
    expected = "132005" if problems else ""
    assert check_and_send(harness, template="surat", params=params) == (problems, expected)


@pytest.mark.parametrize(("length", "problems"), [(60, []), (61, [("template-params", "whatsapp.header")])])
def test_a_filled_header_has_60_characters_at_most(
    harness: SessionHarness, length: int, problems: list[Any]
) -> None:
    register(harness, "surat", _text("Kabar {{1}}!", "HEADER"), _text("Isi."))
    expected = "132005" if problems else ""
    assert check_and_send(harness, template="surat", params=[], header="a" * (length - 7)) == (
        problems,
        expected,
    )


def test_a_problem_of_length_names_the_templates_own_length(harness: SessionHarness) -> None:
    register(harness, "surat", _text("Kabar {{1}}", "HEADER"), _text("Isi {{1}}."))
    own = {"template": "surat", "params": ["a" * 1030], "header": "b" * 70}
    found = checked(harness, {**own, "params": ["a" * 1022]}, harness.session.fetch_status())[1]
    assert [(problem.message, problem.hint) for problem in found] == [
        (
            "filled in, the text of template surat is 1027 of 1024 characters, 3 too many (5 of them its own)",
            "write shorter ones: whatsapp: {params: [...]}",
        ),
        (
            "filled in, the header of template surat is 76 of 60 characters, 16 too many (6 of them its own)",
            'write a shorter one: whatsapp: {header: "…"}',
        ),
    ]
    once = checked(harness, {**own, "header": "b"}, harness.session.fetch_status())[1]
    assert len(once) == 1, "what is too long by itself is told once"


def test_a_template_of_unknown_length_is_not_measured(harness: SessionHarness) -> None:
    register(harness, "surat", _text("Kabar {{1}}", "HEADER"), _text("Isi {{1}}."))
    own = {"template": "surat", "params": ["a" * 1022], "header": "b" * 70}
    facts = harness.session.fetch_status()
    older = tuple(replace(template, body_lengths=(), header_lengths=()) for template in facts.templates)
    assert checked(harness, own, replace(facts, templates=older))[1] == []


# -- buttons -------------------------------------------------------------------------------------------

_URL = {"type": "URL", "text": "Buka", "url": "https://kota.example/{{1}}"}
_REPLY = {"type": "QUICK_REPLY", "text": "Hadir"}


def _buttons(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"type": "BUTTONS", "buttons": list(buttons)}


@pytest.mark.parametrize(
    "given",
    [
        [{"url": ""}, ""],
        [{"url": "  "}, ""],
        [{"url": "{link}"}, ""],
        [{"url": "surat/{link}"}, ""],
        [{"url": "surat/14"}, {"payload": ""}],
        [{"url": "surat/14"}, {"payload": "{link}"}],
    ],
)
def test_a_button_that_gets_nothing_is_a_problem(harness: SessionHarness, given: list[Any]) -> None:
    register(harness, "surat", _text("Isi."), _buttons(_URL, _REPLY))
    own = {"template": "surat", "params": [], "buttons": given}
    for facts in (harness.session.fetch_status(), None):
        (problem,) = checked(harness, own, facts)[1]
        assert (problem.code, problem.field) == ("template-params", "whatsapp.buttons")
        number, key = ("1", "url") if given[1] == "" else ("2", "payload")
        assert problem.message == f"button {number} of template surat gets an empty {key}"
        assert problem.is_error
        assert f'{{{key}: "…"}}' in problem.hint


def test_a_button_with_a_value_goes_out_and_one_that_takes_nothing_too(harness: SessionHarness) -> None:
    register(harness, "surat", _text("Isi."), _buttons(_URL, _REPLY))
    for given in ([{"url": "surat/14"}, ""], [{"url": "{title}"}, {"payload": "HADIR"}], [{"url": "-"}]):
        assert check_and_send(harness, template="surat", params=[], buttons=given) == ([], "")
    assert harness.objects()[0].extra["buttons"] == ("Buka https://kota.example/surat/14", "Hadir")


@pytest.mark.parametrize(
    ("button", "code", "what"),
    [
        ({"type": "COPY_CODE", "example": "PASAR"}, "131008", "a code to copy"),
        ({"type": "FLOW", "text": "Isi", "flow_id": "1", "flow_action": "navigate"}, "131009", "a form"),
        ({"type": "OTP", "otp_type": "COPY_CODE"}, None, "a one-time code"),
        ({"type": "MPM", "text": "Lihat"}, None, "products"),
        ({"type": "ORDER_DETAILS", "text": "Bayar"}, None, "an order"),
    ],
)
def test_a_button_that_humaspost_is_unable_to_fill_is_named(
    harness: SessionHarness, button: dict[str, Any], code: str | None, what: str
) -> None:
    register(harness, "surat", _text("Isi."), _buttons(_REPLY, button))
    made, problems = checked(harness, {"template": "surat", "params": []}, harness.session.fetch_status())
    assert [(found.code, found.field) for found in problems] == [("template-button", "whatsapp.template")]
    assert problems[0].message == f"template surat has a button for {what}, which humaspost cannot fill"
    if code is not None:
        assert refusal(harness, made) == code


def test_a_button_that_needs_nothing_is_no_problem(harness: SessionHarness) -> None:
    phone = {"type": "PHONE_NUMBER", "text": "Telepon", "phone_number": "+62112"}
    page = {"type": "URL", "text": "Laman", "url": "https://kota.example/"}
    call = {"type": "VOICE_CALL", "text": "Panggil"}
    register(harness, "surat", _text("Isi."), _buttons(_REPLY, phone, page, call))
    assert check_and_send(harness, template="surat", params=[]) == ([], "")
    assert check_and_send(harness, template="surat", params=[], buttons=[{"payload": "HADIR"}]) == ([], "")


def test_a_template_that_has_no_values_is_not_proposed(harness: SessionHarness) -> None:
    register(harness, "surat", _text("Isi."), _buttons({"type": "COPY_CODE", "example": "PASAR"}))
    (problem,) = checked(harness, {"template": "tiada", "params": []}, harness.session.fetch_status())[1]
    assert "pengumuman" in problem.hint
    assert "surat" not in problem.hint


def test_a_link_that_the_post_has_fills_a_button(harness: SessionHarness) -> None:
    rules = _CHANNEL.rules(harness.config)
    own = {"whatsapp": {"template": "surat", "buttons": [{"url": "surat/{link}"}]}}
    (part,) = _CHANNEL.render(post("a", own=own, link="14"), harness.config, rules, account="wa").parts
    assert part.fallback is not None
    assert part.fallback.buttons == (("url", "surat/14"),)
