"""What every channel keeps, as tests that a plug-in's author runs over their own.

    class TestMine(ChannelContract):
        @contextmanager
        def stage(self) -> Iterator[Stage]:
            with pretend_platform() as platform:
                yield MyStage(platform)

pytest collects it; it needs nothing from pytest. A claim that a platform makes impossible is named in
``exempt`` with the reason, which docs/channels.md prints; it is never skipped in silence.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import ClassVar

from humaspost.channels.testing.checks import judge_problem, judge_rules
from humaspost.channels.testing.stage import (
    FAULTS,
    WRONG_KEY,
    Stage,
    WrongKeys,
    attempt_of,
    error_of,
    prepared,
    publish,
    renditions,
)
from humaspost.model.account import Facts
from humaspost.model.channel import ByHand, NotReady, Ready, Retracted, Session, Snapshot
from humaspost.model.delivery import Proof, Receipt
from humaspost.model.errors import AuthFailed, Transient, UnknownOutcome
from humaspost.model.rendition import Part, Rendition

__all__ = ["CLAIMS", "FAULTS", "ChannelContract", "Stage"]

#: What ``exempt`` may name.
CLAIMS = frozenset({"finds-what-is-live"})


class ChannelContract:
    """The claims; a subclass named ``Test…`` gives ``stage``, and ``exempt`` as claim → reason."""

    exempt: ClassVar[Mapping[str, str]] = {}

    def stage(self) -> AbstractContextManager[Stage]:
        """A fresh stage; each test opens one."""
        raise AssertionError(f"{type(self).__name__} has to give a stage()")

    def claims(self, claim: str) -> bool:
        """Whether the channel claims it; where it does not, the reason stands in ``exempt``."""
        return claim not in self.exempt

    def test_exemptions_name_a_claim_and_a_reason(self) -> None:
        for claim, reason in self.exempt.items():
            assert claim in CLAIMS, f"{claim} is no claim; there are {', '.join(sorted(CLAIMS))}"
            assert len(reason) > 10, f"{claim} needs a reason"

    def test_rules_are_complete_and_name_their_sources(self) -> None:
        with self.stage() as stage:
            rules = stage.channel.rules(stage.config)
            assert rules == stage.channel.rules(stage.config), "rules are always the same"
            judge_rules(rules)

    def test_looks_come_later_and_later(self) -> None:
        with self.stage() as stage:
            after = stage.channel.looks.after
            assert list(after) == sorted(after), "looks are in order"
            assert all(seconds >= 0 for seconds in after), "looks lie ahead"

    def test_rendering_is_total_and_always_the_same(self) -> None:
        with self.stage() as stage:
            for post, rendition, again in renditions(stage):
                assert rendition.hash == again.hash, f"{post}: the same post renders the same"
                assert rendition.channel == stage.channel.name, f"{post}: names its channel"
                numbers = [part.number for part in rendition.parts]
                assert numbers == list(range(1, len(numbers) + 1)), f"{post}: parts count from 1"
                assert numbers, f"{post}: has a part"
                copied = Rendition.from_json(json.loads(json.dumps(rendition.to_json())))
                assert copied.hash == rendition.hash, f"{post}: survives JSON"

    def test_checking_is_total_and_says_what_to_do(self) -> None:
        with self.stage() as stage:
            rules = stage.channel.rules(stage.config)
            for post, rendition, _ in renditions(stage):
                for facts in (None, Facts(stage.door.now())):
                    for problem in stage.channel.check(rendition, rules, facts, config=stage.config):
                        judge_problem(post, problem, stage.channel.name)

    def test_a_hostile_webhook_gives_nothing(self) -> None:
        with self.stage() as stage:
            for body in (b"", b"\xff", b"null", b"{}", b"[" * 50_000, b'{"entry": [1]}'):
                for headers in ({}, {"X-Hub-Signature-256": "sha256=00"}):
                    found = stage.channel.events(stage.config, headers, body, secret="not-the-secret")  # noqa: S106 - it is none
                    assert not found, f"{body[:20]!r} is not believed"

    def test_asking_changes_nothing(self) -> None:
        with self.stage() as stage, stage.open(stage.door) as session:
            identity = session.whoami()
            expected = stage.channel.platform_id(stage.config)
            assert expected in (None, identity.platform_id), "whoami names the configured account"
            assert session.survey().taken_at.tzinfo is not None, "survey says when"
            assert (stage.writes(), stage.public()) == (0, 0), "asking writes nothing"

    def test_wrong_keys_are_for_a_person_and_never_shown(self) -> None:
        with self.stage() as stage, stage.open(WrongKeys(stage.door)) as session:
            error = error_of(session.whoami)
            assert isinstance(error, AuthFailed), f"wrong keys are AuthFailed, not {error!r}"
            assert WRONG_KEY not in str(error), "a secret is never shown"

    def test_preparing_makes_one_write_at_a_time_and_nothing_public(self) -> None:
        with self.stage() as stage, stage.open(stage.door) as session:
            for name, part in stage.parts.items():
                ready = prepared(stage, session, part)
                assert json.loads(json.dumps(ready.token)) == ready.token, f"{name}: the token is JSON"
                again = session.prepare(part, ready.token)
                assert isinstance(again, Ready | NotReady), f"{name}: can be asked again"
            assert stage.public() == 0, "preparing shows nothing"

    def test_preparing_again_is_the_worst_that_a_fault_brings(self) -> None:
        for fault in FAULTS:
            with self.stage() as stage, stage.open(stage.door) as session:
                for part in stage.parts.values():
                    prepared(stage, session, part, fault=fault)
                assert stage.public() == 0, f"{fault}: preparing shows nothing"

    def test_publishing_is_one_write_and_one_object(self) -> None:
        with self.stage() as stage, stage.open(stage.door) as session:
            for number, (name, part) in enumerate(stage.parts.items(), 1):
                ready = prepared(stage, session, part)
                before = stage.writes()
                receipt = publish(stage, session, part, ready)
                assert stage.writes() - before == 1, f"{name}: one write"
                assert stage.public() == number, f"{name}: one object"
                assert receipt.remote_id, f"{name}: has an id"
                assert receipt.at.tzinfo is not None, f"{name}: says when"

    def test_what_was_sent_into_a_fault_is_never_sent_again(self) -> None:
        for fault in FAULTS:
            with self.stage() as stage, stage.open(stage.door) as session:
                for part in stage.parts.values():
                    self._lost(stage, session, part, fault=fault)

    def _lost(self, stage: Stage, session: Session, part: Part, *, fault: str) -> None:
        ready = prepared(stage, session, part)
        writes, public = stage.writes(), stage.public()
        stage.fail(fault, "publish")
        error = error_of(lambda: publish(stage, session, part, ready))
        live = stage.public() - public
        assert stage.writes() - writes == 1, f"{fault}: one write, none again"
        if isinstance(error, Transient) and fault == "drop-before" and not live:
            return
        assert isinstance(error, UnknownOutcome), f"{fault}: UnknownOutcome, not {error!r}"
        found = session.find(attempt_of(stage, part, ready, error), to=stage.to)
        assert stage.writes() - writes == 1, f"{fault}: looking writes nothing"
        if live:
            assert found is not Proof.ABSENT_PROVEN, f"{fault}: it is live"
            found_it = isinstance(found, Receipt) or not stage.channel.looks.after
            assert found_it or not self.claims("finds-what-is-live"), f"{fault}: found, not {found!r}"
        else:
            assert not isinstance(found, Receipt), f"{fault}: nothing is live, and nothing is found"

    def test_what_is_live_can_be_read_or_not_but_never_breaks(self) -> None:
        with self.stage() as stage, stage.open(stage.door) as session:
            part = next(iter(stage.parts.values()))
            receipt = publish(stage, session, part, prepared(stage, session, part))
            snapshot = session.read_back(receipt)
            assert snapshot is None or isinstance(snapshot, Snapshot)
            assert session.read_back(Receipt(None, receipt.at)) is None, "without an id nothing is read"
            cannot = {c.what for c in stage.channel.rules(stage.config).cannot}
            taken_back = session.retract(receipt)
            expected = ByHand if "retract" in cannot else Retracted
            assert isinstance(taken_back, expected), f"retract: {expected.__name__}, as the rules say"
