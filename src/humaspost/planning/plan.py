"""The plan: which account publishes which post, and when; pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from humaspost.base.i18n import _
from humaspost.base.progress import ReportProgress, ignore_progress
from humaspost.model.account import Account, AccountStatus
from humaspost.model.channel import Channel
from humaspost.model.plan import NotPlanned, Plan, PlanRow, PostHistory, PostPolicy, PublishedText
from humaspost.model.post import Post
from humaspost.model.problem import Problem, Severity
from humaspost.model.reasons import FileHold
from humaspost.model.rendition import Rendition
from humaspost.model.rules import Rules
from humaspost.planning import login_expiry
from humaspost.planning.check import check
from humaspost.planning.media_checks import with_converted_gifs
from humaspost.planning.memo import PlanMemo
from humaspost.planning.same_post import without_repeated_posts
from humaspost.planning.targets import find_targets
from humaspost.planning.thread_split import split_thread
from humaspost.planning.typed_words import check_typed_words


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """The input of planning: no clock, no disk.

    ``statuses`` are by account name. ``recent_texts`` are the first writes of the last days, for ``same-text``.
    With ``convert``, media are converted to what the channels accept. ``history`` tells which posts are known.
    """

    accounts: Sequence[Account]
    channels: Mapping[str, Channel]
    policy_of: Callable[[Post], PostPolicy]
    statuses: Mapping[str, AccountStatus]
    recent_texts: Sequence[PublishedText] = ()
    same_text: timedelta = timedelta(days=30)
    convert: bool = False
    history: PostHistory = field(default_factory=PostHistory)


def describe_statuses(statuses: Mapping[str, AccountStatus]) -> object:
    """Return a value that differs once the problems of a post may.

    The quotas are not in it: they change with each post that is sent.
    """
    return {
        name: (status.expires_at, login_expiry.is_trusted(status), status.templates, status.extra)
        for name, status in statuses.items()
    }


def build_plan(
    posts: Sequence[Post],
    problems_by_file: Iterable[Problem],
    context: PlanningContext,
    memo: PlanMemo | None = None,
    *,
    progress: ReportProgress = ignore_progress,
) -> tuple[Plan, list[Problem]]:
    """Return the plan, and every problem that keeps a post out of the plan.

    ``problems_by_file`` are the problems found while reading the files. ``memo`` has what an earlier call with
    the same context made of the posts.
    """
    memo = memo or PlanMemo()
    wrong = {problem.file for problem in problems_by_file if problem.is_error}
    rows: list[PlanRow] = []
    held: list[NotPlanned] = []
    problems: list[Problem] = []
    rules = {
        account.name: context.channels[account.channel].rules(account.config) for account in context.accounts
    }
    repeated = _find_repeated(posts, context.recent_texts)
    for number, post in enumerate(posts):
        progress(number, len(posts))
        targets, post_rows = memo.get_or_plan(
            post,
            lambda post: _plan_post(post, context, rules),
            lambda post, renditions: _build_rows(post, renditions, context, rules),
        )
        problems += targets
        if post.file in wrong or any(problem.is_error for problem in targets):
            held.append(NotPlanned(post.id, post.file, post.title, FileHold.ERROR))
        elif post.draft:
            held.append(NotPlanned(post.id, post.file, post.title, FileHold.DRAFT))
        else:
            rows += _with_repeats(post_rows, _list_repeats(post.id, repeated))
    rows, same_posts = without_repeated_posts(rows, posts, context.history)
    problems += same_posts
    held += [_held_by(problem, posts) for problem in same_posts]
    rows, duplicates = _without_duplicates(rows, context)
    problems += [_describe_location(posts, duplicate) for duplicate in duplicates]
    held += [NotPlanned(t.post, t.file, t.title, FileHold.ERROR) for t, _other in duplicates]
    rows.sort(key=lambda row: (row.due.utc, row.priority, row.post, row.account.name))
    return Plan(tuple(rows), tuple(held)), problems


def _with_repeats(rows: list[PlanRow], repeats: tuple[str, ...]) -> list[PlanRow]:
    return [replace(row, repeats=repeats) for row in rows] if repeats else rows


def _held_by(problem: Problem, posts: Sequence[Post]) -> NotPlanned:
    post = next(post for post in posts if post.file == problem.file)
    return NotPlanned(post.id, post.file, post.title, FileHold.ERROR)


def build_renditions(
    post: Post, context: PlanningContext, rules: Mapping[str, Rules] | None = None
) -> Iterable[tuple[Account, Rendition, Rules]]:
    """Yield the rendition of the post for each account that the post names."""
    accounts, _problems = find_targets(post, context.accounts)
    for account in accounts:
        channel = context.channels[account.channel]
        limits = rules[account.name] if rules else channel.rules(account.config)
        adapted_post = with_converted_gifs(post, limits) if context.convert else post
        rendition = channel.render(adapted_post, account.config, limits, account=account.name)
        yield account, split_thread(rendition, limits), limits


def _plan_post(
    post: Post, context: PlanningContext, rules: Mapping[str, Rules]
) -> tuple[list[Problem], list[PlanRow]]:
    _accounts, target_problems = find_targets(post, context.accounts)
    problems = list(target_problems)
    renditions = []
    for account, rendition, limits in build_renditions(post, context, rules):
        renditions.append((account.name, rendition))
        channel = context.channels[account.channel]
        problems += check(post, rendition, limits, convert=context.convert)
        status = context.statuses.get(account.name)
        problems += channel.check(rendition, limits, status, config=account.config)
        problems += check_typed_words(post, rendition, account.name)
        problems += login_expiry.check_login_expiry(post, account, status)
    if post.draft:
        problems = _as_draft_warnings(post, problems)
    located = [problem if problem.position else post.locate(problem) for problem in problems]
    return located, _build_rows(post, renditions, context, rules)


def _build_rows(
    post: Post,
    renditions: Iterable[tuple[str, Rendition]],
    context: PlanningContext,
    rules: Mapping[str, Rules],
) -> list[PlanRow]:
    """Return a row for each rendition, which comes with the name of its account."""
    if post.date is None:
        return []
    accounts = {account.name: account for account in context.accounts}
    policy = context.policy_of(post)
    return [_plan_row(post, accounts[name], rendition, rules[name], policy) for name, rendition in renditions]


def _as_draft_warnings(post: Post, problems: list[Problem]) -> list[Problem]:
    """Return the problems of a draft as warnings; none for a draft without text and media."""
    if not post.body and not post.media:
        return []
    return [replace(problem, severity=Severity.WARNING) for problem in problems]


def _plan_row(
    post: Post, account: Account, rendition: Rendition, rules: Rules, policy: PostPolicy
) -> PlanRow:
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
        late=policy.late,
        grace=policy.grace,
        priority=policy.priority,
        during_pause=policy.during_pause,
        audiences=post.audiences if rules.is_per_recipient else (),
        own_late=post.late,
    )


def _find_repeated(posts: Sequence[Post], recent_texts: Sequence[PublishedText]) -> Mapping[str, str]:
    """Return which post each one repeats: by its file, or as it was published."""
    repeated: dict[str, str] = {}
    for text in recent_texts:
        repeated.update(zip((text.post, *text.repeats), text.repeats, strict=False))
    return repeated | {post.id: post.repeats for post in posts if post.repeats}


def _list_repeats(post_id: str, repeated: Mapping[str, str]) -> tuple[str, ...]:
    """Return the whole chain of posts that the post repeats, newest first."""
    chain: list[str] = []
    while post_id in repeated and repeated[post_id] not in chain:
        post_id = repeated[post_id]
        chain.append(post_id)
    return tuple(chain)


def _without_duplicates(
    rows: list[PlanRow], context: PlanningContext
) -> tuple[list[PlanRow], list[tuple[PlanRow, str]]]:
    """Return the rows without posts that repeat a recent text on an account, and those posts.

    A post that has begun is none of them: whoever says the same later is.
    """
    recent_texts: dict[tuple[str, str], list[PublishedText]] = {}
    for item in context.recent_texts:
        recent_texts.setdefault((item.account, item.rendition_hash), []).append(item)
    started = {item.post for item in context.recent_texts} | set(context.history.started)
    duplicates: dict[str, tuple[PlanRow, str]] = {}
    for row in sorted(rows, key=lambda row: (row.due.utc, row.post)):
        texts = recent_texts.setdefault((row.account.name, row.rendition.hash), [])
        earlier = [text for text in texts if _is_duplicate(text, row, context.same_text)]
        if earlier and row.post not in started:
            # The newest of them: who repeats that one repeats those before it too.
            newest = max(earlier, key=lambda text: text.published_at)
            duplicates.setdefault(row.post, (row, newest.post))
        if row.post not in duplicates:
            texts.append(
                PublishedText(row.account.name, row.rendition.hash, row.post, row.due.utc, row.repeats)
            )
    return [row for row in rows if row.post not in duplicates], list(duplicates.values())


def _is_duplicate(published: PublishedText, row: PlanRow, period: timedelta) -> bool:
    is_related = published.post in (row.post, *row.repeats) or row.post in published.repeats
    return not is_related and abs(row.due.utc - published.published_at) < period


def _describe_location(posts: Sequence[Post], duplicate: tuple[PlanRow, str]) -> Problem:
    row, other_row = duplicate
    post = next(post for post in posts if post.id == row.post)
    return post.locate(
        Problem(
            "same-text",
            _("{account} says exactly this in {other} already").format(
                account=row.account.name, other=other_row
            ),
            _("on purpose? write: repeats: {other}").format(other=other_row),
            field="body",
            channel=row.account.channel,
        )
    )
