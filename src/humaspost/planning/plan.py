"""Posts × accounts → Plan: who would see what, when; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from humaspost.base.i18n import _
from humaspost.model.account import Account, Facts
from humaspost.model.channel import Channel
from humaspost.model.plan import Handling, NotPlanned, Plan, PlanRow, Said
from humaspost.model.post import Post
from humaspost.model.problem import Problem, Severity
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules
from humaspost.planning import login_expiry
from humaspost.planning.check import check
from humaspost.planning.media_checks import converted
from humaspost.planning.targets import targets
from humaspost.planning.thread_split import fit


@dataclass(frozen=True, slots=True)
class Known:
    """What planning is told of the world: no clock, no disk.

    ``facts`` by account name; ``said`` = first writes of the last days, for ``same-text``; ``convert`` =
    media are converted to what the channels take.
    """

    accounts: Sequence[Account]
    channels: Mapping[str, Channel]
    handling: Callable[[Post], Handling]
    facts: Mapping[str, Facts]
    said: Sequence[Said] = ()
    same_text: timedelta = timedelta(days=30)
    convert: bool = False


def plan(posts: Sequence[Post], bad: Iterable[Problem], known: Known) -> tuple[Plan, list[Problem]]:
    """The plan, and every problem that keeps a post out of it; ``bad`` are those found while reading."""
    wrong = {problem.file for problem in bad if problem.is_error}
    rows: list[PlanRow] = []
    held: list[NotPlanned] = []
    problems: list[Problem] = []
    rules = {
        account.name: known.channels[account.channel].rules(account.config) for account in known.accounts
    }
    for post in posts:
        found, mine = _one(post, known, rules)
        problems += found
        if post.file in wrong or any(problem.is_error for problem in found):
            held.append(NotPlanned(post.id, post.file, post.title, "error"))
        elif post.draft:
            held.append(NotPlanned(post.id, post.file, post.title, "draft"))
        else:
            rows += mine
    rows, twins = _without_twins(rows, known)
    problems += [_place(posts, twin) for twin in twins]
    held += [NotPlanned(t.post, t.file, t.title, "error") for t, _other in twins]
    rows.sort(key=lambda row: (row.due.utc, row.priority, row.post, row.account.name))
    return Plan(tuple(rows), tuple(held)), problems


def renditions(
    post: Post, known: Known, rules: Mapping[str, Rules] | None = None
) -> Iterable[tuple[Account, Rendition, Rules]]:
    """What each account that the post names would show of it."""
    accounts, _problems = targets(post, known.accounts)
    for account in accounts:
        channel = known.channels[account.channel]
        limits = rules[account.name] if rules else channel.rules(account.config)
        shown = converted(post, limits) if known.convert else post
        rendition = channel.render(shown, account.config, limits, account=account.name)
        yield account, fit(rendition, limits), limits


def _one(post: Post, known: Known, rules: Mapping[str, Rules]) -> tuple[list[Problem], list[PlanRow]]:
    _accounts, unclear = targets(post, known.accounts)
    problems = list(unclear)
    rows = []
    for account, rendition, limits in renditions(post, known, rules):
        channel = known.channels[account.channel]
        problems += check(post, rendition, limits, convert=known.convert)
        facts = known.facts.get(account.name)
        problems += channel.check(rendition, limits, facts, config=account.config)
        problems += login_expiry.check(post, account, facts)
        if post.date is not None:
            rows.append(_row(post, account, rendition, limits, known.handling(post)))
    if post.draft:
        problems = _of_draft(post, problems)
    return [problem if problem.place else post.place(problem) for problem in problems], rows


def _of_draft(post: Post, problems: list[Problem]) -> list[Problem]:
    """What will be wrong once the draft is taken out: warnings; nothing where nothing is written yet."""
    if not post.body and not post.media:
        return []
    return [replace(problem, severity=Severity.WARNING) for problem in problems]


def _row(post: Post, account: Account, rendition: Rendition, rules: Rules, handling: Handling) -> PlanRow:
    assert post.date is not None
    return PlanRow(
        post=post.id,
        file=post.file,
        title=post.title,
        type=post.type,
        account=account,
        due=post.date,
        rendition=rendition,
        expires=post.expires,
        late=handling.late,
        grace=handling.grace,
        priority=handling.priority,
        during_pause=handling.during_pause,
        audiences=post.audiences if rules.audience else (),
        repeats=post.repeats,
    )


def _without_twins(rows: list[PlanRow], known: Known) -> tuple[list[PlanRow], list[tuple[PlanRow, str]]]:
    """The rows but for posts that say again what another said on the account within the days."""
    said: dict[tuple[str, str], list[Said]] = {}
    for item in known.said:
        said.setdefault((item.account, item.hash), []).append(item)
    twins: dict[str, tuple[PlanRow, str]] = {}
    for row in sorted(rows, key=lambda row: (row.due.utc, row.post)):
        key = (row.account.name, row.rendition.hash)
        other = next((s.post for s in said.get(key, ()) if _is_twin(s, row, known.same_text)), None)
        if other is not None:
            twins.setdefault(row.post, (row, other))
        said.setdefault(key, []).append(Said(row.account.name, key[1], row.post, row.due.utc))
    return [row for row in rows if row.post not in twins], list(twins.values())


def _is_twin(said: Said, row: PlanRow, within: timedelta) -> bool:
    return said.post not in (row.post, row.repeats) and abs(row.due.utc - said.at) < within


def _place(posts: Sequence[Post], twin: tuple[PlanRow, str]) -> Problem:
    row, other = twin
    post = next(post for post in posts if post.id == row.post)
    return post.place(
        Problem(
            "same-text",
            _("{account} says exactly this in {other} already").format(account=row.account.name, other=other),
            _("on purpose? write: repeats: {other}").format(other=other),
            field="body",
            channel=row.account.channel,
        )
    )
