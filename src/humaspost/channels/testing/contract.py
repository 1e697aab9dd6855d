"""The contract of every channel, as tests that a plug-in's author runs on their channel.

    class TestMine(ChannelContract):
        @contextmanager
        def stage(self) -> Iterator[ContractStage]:
            with pretend_platform() as platform:
                yield MyStage(platform)

pytest collects it; it needs nothing from pytest. ``exempt`` names a claim that a platform makes impossible, with
the reason, which docs/channels.md prints; a claim is never skipped in silence.
"""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import ClassVar

from humaspost.channels.testing.checks import check_problem, check_rules
from humaspost.channels.testing.stage import (
    FAULTS,
    WRONG_KEY,
    ContractStage,
    WrongKeysContext,
    build_attempt,
    prepare_until_ready,
    publish_part,
    raised_by,
    render_repeatedly,
)
from humaspost.model.account import AccountStatus
from humaspost.model.channel import ManualSteps, NotReady, Ready, Retracted, Session, Snapshot
from humaspost.model.delivery import Proof, Receipt
from humaspost.model.errors import AuthFailed, Transient, UnknownOutcome
from humaspost.model.rendition import Part, Rendition

__all__ = ["FAULTS", "OPTIONAL_CLAIMS", "ChannelContract", "ContractStage"]

#: Claims that ``exempt`` may name.
OPTIONAL_CLAIMS = frozenset({"finds-what-is-live"})


class ChannelContract:
    """The claims of the contract.

    A subclass named ``Test…`` provides ``stage``, and ``exempt`` as claim → reason.
    """

    exempt: ClassVar[Mapping[str, str]] = {}

    def stage(self) -> AbstractContextManager[ContractStage]:
        """Return a new stage; each test opens its own."""
        raise AssertionError(f"{type(self).__name__} has to give a stage()")

    def is_claimed(self, claim: str) -> bool:
        """Return True if the channel makes the claim, that is, if ``exempt`` does not name it."""
        return claim not in self.exempt

    def test_exemptions_name_a_claim_and_a_reason(self) -> None:
        for claim, reason in self.exempt.items():
            assert claim in OPTIONAL_CLAIMS, (
                f"{claim} is no claim; there are {', '.join(sorted(OPTIONAL_CLAIMS))}"
            )
            assert len(reason) > 10, f"{claim} needs a reason"

    def test_rules_are_complete_and_name_their_sources(self) -> None:
        with self.stage() as stage:
            rules = stage.channel.rules(stage.config)
            assert rules == stage.channel.rules(stage.config), "rules are always the same"
            check_rules(rules)

    def test_lookups_are_spaced_out(self) -> None:
        with self.stage() as stage:
            delays = stage.channel.lookup_schedule.delays
            assert list(delays) == sorted(delays), "looks are in order"
            assert all(seconds >= 0 for seconds in delays), "looks lie ahead"

    def test_rendering_is_total_and_always_the_same(self) -> None:
        with self.stage() as stage:
            for post, rendition, again in render_repeatedly(stage):
                assert rendition.hash == again.hash, f"{post}: the same post renders the same"
                assert rendition.channel == stage.channel.name, f"{post}: names its channel"
                numbers = [part.number for part in rendition.parts]
                assert numbers == list(range(1, len(numbers) + 1)), f"{post}: parts count from 1"
                assert numbers, f"{post}: has a part"
                copied = Rendition.from_json(json.loads(json.dumps(rendition.to_json())))
                assert copied.hash == rendition.hash, f"{post}: survives JSON"

    def test_checking_is_total_and_gives_hints(self) -> None:
        with self.stage() as stage:
            rules = stage.channel.rules(stage.config)
            for post, rendition, _ in render_repeatedly(stage):
                for status in (None, AccountStatus(stage.context.now())):
                    for problem in stage.channel.check(rendition, rules, status, config=stage.config):
                        check_problem(post, problem, stage.channel.name)

    def test_a_hostile_webhook_gives_nothing(self) -> None:
        with self.stage() as stage:
            for body in (b"", b"\xff", b"null", b"{}", b"[" * 50_000, b'{"entry": [1]}'):
                for headers in ({}, {"X-Hub-Signature-256": "sha256=00"}):
                    found = stage.channel.events(stage.config, headers, body, secret="not-the-secret")  # noqa: S106 - it is none
                    assert not found, f"{body[:20]!r} is not believed"

    def test_reading_changes_nothing(self) -> None:
        with self.stage() as stage, stage.open(stage.context) as session:
            identity = session.whoami()
            expected = stage.channel.platform_id(stage.config)
            assert expected in (None, identity.platform_id), "whoami names the configured account"
            assert session.fetch_status().taken_at.tzinfo is not None, "fetch_status says when"
            assert (stage.count_writes(), stage.count_public()) == (0, 0), "asking writes nothing"

    def test_wrong_keys_raise_auth_failed_and_stay_hidden(self) -> None:
        with self.stage() as stage, stage.open(WrongKeysContext(stage.context)) as session:
            error = raised_by(session.whoami)
            assert isinstance(error, AuthFailed), f"wrong keys are AuthFailed, not {error!r}"
            assert WRONG_KEY not in str(error), "a secret is never shown"

    def test_each_preparation_step_makes_at_most_a_single_invisible_write(self) -> None:
        with self.stage() as stage, stage.open(stage.context) as session:
            for name, part in stage.parts.items():
                ready = prepare_until_ready(stage, session, part)
                assert json.loads(json.dumps(ready.token)) == ready.token, f"{name}: the token is JSON"
                again = session.prepare(part, ready.token)
                assert isinstance(again, Ready | NotReady), f"{name}: can be asked again"
            assert stage.count_public() == 0, "preparing shows nothing"

    def test_a_fault_during_preparation_costs_at_most_a_repeated_step(self) -> None:
        for fault in FAULTS:
            with self.stage() as stage, stage.open(stage.context) as session:
                for part in stage.parts.values():
                    prepare_until_ready(stage, session, part, fault=fault)
                assert stage.count_public() == 0, f"{fault}: preparing shows nothing"

    def test_publishing_makes_a_single_write_and_a_single_object(self) -> None:
        with self.stage() as stage, stage.open(stage.context) as session:
            for number, (name, part) in enumerate(stage.parts.items(), 1):
                ready = prepare_until_ready(stage, session, part)
                before = stage.count_writes()
                receipt = publish_part(stage, session, part, ready)
                assert stage.count_writes() - before == 1, f"{name}: one write"
                assert stage.count_public() == number, f"{name}: one object"
                assert receipt.remote_id, f"{name}: has an id"
                assert receipt.at.tzinfo is not None, f"{name}: says when"

    def test_an_unknown_outcome_is_never_sent_again(self) -> None:
        for fault in FAULTS:
            with self.stage() as stage, stage.open(stage.context) as session:
                for part in stage.parts.values():
                    self._check_lost_outcome(stage, session, part, fault=fault)

    def _check_lost_outcome(self, stage: ContractStage, session: Session, part: Part, *, fault: str) -> None:
        ready = prepare_until_ready(stage, session, part)
        writes, public = stage.count_writes(), stage.count_public()
        stage.inject_fault(fault, "publish")
        error = raised_by(lambda: publish_part(stage, session, part, ready))
        public_count = stage.count_public() - public
        assert stage.count_writes() - writes == 1, f"{fault}: one write, none again"
        if isinstance(error, Transient) and fault == "drop-before" and not public_count:
            return
        assert isinstance(error, UnknownOutcome), f"{fault}: UnknownOutcome, not {error!r}"
        result = session.find(build_attempt(stage, part, ready, error), to=stage.to)
        assert stage.count_writes() - writes == 1, f"{fault}: looking writes nothing"
        if public_count:
            assert result is not Proof.ABSENT_PROVEN, f"{fault}: it is live"
            was_reconciled = isinstance(result, Receipt) or not stage.channel.lookup_schedule.delays
            assert was_reconciled or not self.is_claimed("finds-what-is-live"), (
                f"{fault}: found, not {result!r}"
            )
        else:
            assert not isinstance(result, Receipt), f"{fault}: nothing is live, and nothing is found"

    def test_reading_back_and_retracting_never_fail(self) -> None:
        with self.stage() as stage, stage.open(stage.context) as session:
            part = next(iter(stage.parts.values()))
            receipt = publish_part(stage, session, part, prepare_until_ready(stage, session, part))
            snapshot = session.read_back(receipt)
            assert snapshot is None or isinstance(snapshot, Snapshot)
            assert session.read_back(Receipt(None, receipt.at)) is None, "without an id nothing is read"
            unsupported = {c.operation for c in stage.channel.rules(stage.config).unsupported}
            taken_back = session.retract(receipt)
            expected = ManualSteps if "retract" in unsupported else Retracted
            assert isinstance(taken_back, expected), f"retract: {expected.__name__}, as the rules say"
