"""The contract lets a good channel pass and catches each way of being a bad one."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest

from humaspost.channels.testing.contract import ChannelContract
from humaspost.model.channel import LookupSchedule, NotReady, Ready
from humaspost.model.channel_event import ChannelEvent, InboundMessage
from humaspost.model.delivery import Proof, Receipt
from humaspost.model.errors import Transient, UnknownOutcome
from humaspost.model.problem import Problem
from humaspost.model.rendition import Part, Rendition
from humaspost.model.rules import Limit, Rules, Source, TextRules
from tests.contract.sample_channel import SampleChannel, SampleSession, SampleStage


class TestSampleChannel(ChannelContract):
    channel: SampleChannel = SampleChannel()

    @contextmanager
    def stage(self) -> Iterator[Any]:
        yield SampleStage(self.channel)


class _SendsAgain(SampleSession):
    def publish(self, part: Part, ready: Ready, **given: Any) -> Receipt:
        try:
            return super().publish(part, ready, **given)
        except UnknownOutcome:
            return super().publish(part, ready, **given)


class _RaisesTransient(SampleSession):
    def publish(self, part: Part, ready: Ready, **given: Any) -> Receipt:
        try:
            return super().publish(part, ready, **given)
        except UnknownOutcome as error:
            raise Transient(error.code) from error


class _RaisesOtherError(SampleSession):
    def publish(self, part: Part, ready: Ready, **given: Any) -> Receipt:
        return Receipt(self.wall.hang(part.text)["number"], self.context.now())


class _PublishesDuplicate(SampleSession):
    def publish(self, part: Part, ready: Ready, **given: Any) -> Receipt:
        self.wall.writes += 1
        return super().publish(part, ready, **given)


class _ProvesAbsence(SampleSession):
    def find(self, attempt: Any, *, to: Any) -> Proof:
        return Proof.ABSENT_PROVEN


class _FindsAnything(SampleSession):
    def find(self, attempt: Any, *, to: Any) -> Receipt:
        return Receipt("1", self.context.now())


class _PreparesInPublic(SampleSession):
    def prepare(self, part: Part, token: Any) -> Ready | NotReady:
        self.wall.hang("draf")
        return Ready({})


class _PreparesInSingleStep(SampleSession):
    def prepare(self, part: Part, token: Any) -> Ready | NotReady:
        self.wall.writes += 2
        return Ready({})


class _NeverReady(SampleSession):
    def prepare(self, part: Part, token: Any) -> NotReady:
        return NotReady(token)


class _WhoamiWrites(SampleSession):
    def whoami(self) -> Any:
        self.wall.writes += 1
        return super().whoami()


class _ShowsItsSecret(SampleSession):
    def whoami(self) -> Any:
        raise Transient("wrong-key", self.context.secret("key"))


class _FailsReadBack(SampleSession):
    def read_back(self, receipt: Receipt) -> Any:
        raise KeyError(receipt.remote_id)


_NOT_SENT_AGAIN = "test_an_unknown_outcome_is_never_sent_again"
_SINGLE_WRITE = "test_each_preparation_step_makes_at_most_a_single_invisible_write"


@pytest.mark.parametrize(
    ("session", "claim"),
    [
        (_SendsAgain, _NOT_SENT_AGAIN),
        (_RaisesTransient, _NOT_SENT_AGAIN),
        (_RaisesOtherError, _NOT_SENT_AGAIN),
        (_ProvesAbsence, _NOT_SENT_AGAIN),
        (_FindsAnything, _NOT_SENT_AGAIN),
        (_PublishesDuplicate, "test_publishing_makes_a_single_write_and_a_single_object"),
        (_PreparesInPublic, _SINGLE_WRITE),
        (_PreparesInSingleStep, _SINGLE_WRITE),
        (_NeverReady, _SINGLE_WRITE),
        (_PreparesInPublic, "test_a_fault_during_preparation_costs_at_most_a_repeated_step"),
        (_WhoamiWrites, "test_reading_changes_nothing"),
        (_ShowsItsSecret, "test_wrong_keys_raise_auth_failed_and_stay_hidden"),
        (_FailsReadBack, "test_reading_back_and_retracting_never_fail"),
    ],
)
def test_a_bad_session_is_caught(session: type[SampleSession], claim: str) -> None:
    channel = type("Bad", (SampleChannel,), {"session": session})()
    _caught(channel, claim)


def _caught(channel: Any, claim: str) -> None:
    suite = TestSampleChannel()
    suite.channel = channel
    with pytest.raises((AssertionError, KeyError, OSError, ValueError)):
        getattr(suite, claim)()


class _RendersAtRandom(SampleChannel):
    numbers = count()

    def render(self, *given: Any, **named: Any) -> Rendition:
        return Rendition("board", (Part(1, str(next(self.numbers))),))


class _FailsRender(SampleChannel):
    def render(self, post: Any, *given: Any, **named: Any) -> Rendition:
        return Rendition("board", (Part(1, post.channel_keys["board"]["text"].strip()),))


class _HasNoSource(SampleChannel):
    def rules(self, config: Any) -> Rules:
        rules = super().rules(config)
        nowhere = Source("a friend", rules.alt.source.read_on)
        return Rules(True, TextRules(Limit(500, "characters", nowhere), len), {}, 0, rules.alt)


class _MeasuresAboveItsBound(SampleChannel):
    def rules(self, config: Any) -> Rules:
        rules = super().rules(config)
        return Rules(True, TextRules(rules.text.limit, _double), {}, 0, rules.alt)


def _double(text: str) -> int:
    return 2 * len(text)


class _OmitsHint(SampleChannel):
    def check(self, *given: Any, **named: Any) -> Any:
        return [Problem("board-bad", "bad", field="body", channel="board")]


class _AcceptsUnsignedWebhooks(SampleChannel):
    def events(self, config: Any, headers: Any, body: bytes, *, secret: str) -> list[ChannelEvent]:
        return [InboundMessage("1", datetime.now(UTC))]


class _DescendingLookups(SampleChannel):
    lookup_schedule = LookupSchedule((30, 5))


@pytest.mark.parametrize(
    ("channel", "claim"),
    [
        (_RendersAtRandom, "test_rendering_is_total_and_always_the_same"),
        (_FailsRender, "test_rendering_is_total_and_always_the_same"),
        (_HasNoSource, "test_rules_are_complete_and_name_their_sources"),
        (_MeasuresAboveItsBound, "test_rules_are_complete_and_name_their_sources"),
        (_OmitsHint, "test_checking_is_total_and_gives_hints"),
        (_AcceptsUnsignedWebhooks, "test_a_hostile_webhook_gives_nothing"),
        (_DescendingLookups, "test_lookups_are_spaced_out"),
    ],
)
def test_a_bad_channel_is_caught(channel: type[SampleChannel], claim: str) -> None:
    _caught(channel(), claim)


@pytest.mark.parametrize("exempt", [{"no-such-claim": "a reason that is long"}, {"finds-what-is-live": ""}])
def test_an_exemption_without_claim_or_reason_is_caught(exempt: dict[str, str]) -> None:
    suite = TestSampleChannel()
    suite.exempt = exempt  # type: ignore[misc]
    with pytest.raises(AssertionError):
        suite.test_exemptions_name_a_claim_and_a_reason()


def test_an_exempted_claim_is_not_required() -> None:
    class Blind(SampleSession):
        def find(self, attempt: Any, *, to: Any) -> Proof:
            return Proof.CANNOT_TELL

    suite = TestSampleChannel()
    suite.channel = type("BlindBoard", (SampleChannel,), {"session": Blind})()
    with pytest.raises(AssertionError):
        suite.test_an_unknown_outcome_is_never_sent_again()
    suite.exempt = {"finds-what-is-live": "the wall has no list"}  # type: ignore[misc]
    suite.test_an_unknown_outcome_is_never_sent_again()
