"""The folder is read, judged and entered into the ledger."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from humaspost.app.office import Office
from humaspost.base.i18n import _
from humaspost.content.post_file import Broken
from humaspost.ledger import accounts
from humaspost.ledger.deliveries import sync_plan
from humaspost.ledger.deliveries.sync_plan import Scheduled
from humaspost.ledger.holds import file_errors
from humaspost.ledger.queries import delivery_lists
from humaspost.model.plan import Handling, NotPlanned, Plan
from humaspost.model.post import Post
from humaspost.model.problem import Problem
from humaspost.planning.plan import Known, plan
from humaspost.settings.settings import Settings

#: The priority of a type that the policy does not name; 1 goes first, 9 last.
USUAL = 5
#: A file that says nothing of a post may be any file.
_NO_POST = ("front-matter-missing",)
#: What is wrong with the folder itself, whatever is due.
FOLDER = ("posts-vanished", "posts-folder-missing")


@dataclass(frozen=True, slots=True)
class Scan:
    """What the folder holds: valid posts, every problem, what would be done, and how many files there are.

    ``broken`` are the files without a valid post, with what could be read of each.
    """

    posts: tuple[Post, ...]
    problems: tuple[Problem, ...]
    plan: Plan
    files: int = 0
    folder_gone: bool = False
    folder: str = ""
    broken: Mapping[str, Broken] = field(default_factory=dict)

    def left_alone(self, done: Scheduled) -> tuple[Problem, ...]:
        """The first error of each file, or of the folder, that keeps something from being sent; drafts are not meant to be."""
        drafts = {post.file for post in self.posts if post.draft}
        drafts |= {file for file, left in self.broken.items() if left.draft}
        first: dict[str, Problem] = {}
        for problem in (*vanished(self, done), *self.problems):
            if problem.is_error and problem.file not in drafts and problem.file not in done.over:
                first.setdefault(problem.file, problem)
        return tuple(first.values())

    def due_problems(self, now: datetime, done: Scheduled) -> tuple[Problem, ...]:
        """Those that keep what is due by now from being sent, as far as it can be told when it is due."""
        due = {post.file for post in self.posts if post.date and post.date.utc <= now}
        due |= {file for file, left in self.broken.items() if left.is_due(now)}
        return tuple(
            p for p in self.left_alone(done) if (p.file in due and p.code not in _NO_POST) or p.code in FOLDER
        )


def scan(office: Office, *, sending: bool = False, wait: bool = False) -> Scan:
    """Every post is read and judged.

    ``sending`` = files that are still being written do not count yet; ``wait`` = they are waited for,
    once, as long as files settle.
    """
    reading = office.reader.read(now=_clock(office, sending))
    if wait and reading.unsettled:
        time.sleep(office.settings.policy.settle.total_seconds() + 0.05)
        reading = office.reader.read(now=_clock(office, sending))
    problems = list(reading.problems)
    posts = []
    for post in reading.posts:
        whole, found = office.probe.post(post)
        posts.append(whole)
        problems += found
    made, more = plan(posts, problems, known(office))
    waiting = [NotPlanned(id_, file, "", "unsettled") for file, id_ in reading.unsettled.items()]
    broken = [NotPlanned(left.id, file, "", "error") for file, left in reading.broken.items()]
    made = replace(made, held=(*made.held, *broken, *waiting))
    gone = not office.settings.posts.is_dir()
    every = tuple(_sorted([*problems, *more]))
    return Scan(
        tuple(posts), every, made, len(reading.files), gone, office.settings.posts.name, reading.broken
    )


def _clock(office: Office, sending: bool) -> float | None:
    return office.now().timestamp() if sending else None


def _sorted(problems: list[Problem]) -> list[Problem]:
    return sorted(
        problems, key=lambda p: (p.file, p.place.line if p.place else 0, p.place.column if p.place else 0)
    )


def known(office: Office) -> Known:
    """What planning is told of the office."""
    policy = office.settings.policy
    within = timedelta(days=policy.same_text_days)
    with office.ledger().read() as conn:
        said = delivery_lists.said(conn, since=office.now() - within)
    return Known(
        accounts=office.settings.accounts,
        channels=office.channels,
        handling=lambda post: handling(post, office.settings),
        facts=office.facts(),
        said=said,
        same_text=within,
        convert=office.converts,
    )


def handling(post: Post, settings: Settings) -> Handling:
    """The policy for the post's type; what the post itself says of lateness wins."""
    policy = settings.policy
    of_type = policy.types.get(post.type)
    late = post.late or (of_type.late if of_type else None) or policy.late
    grace = (of_type.grace if of_type else None) or policy.grace
    priority = (of_type.priority if of_type else None) or USUAL
    return Handling(late, grace, priority, of_type.during_pause if of_type else False)


def enter(office: Office, found: Scan) -> Scheduled:
    """The ledger follows what was found; a folder that vanished changes nothing and is told."""
    now = office.now()
    known_accounts = {
        a.name: office.channels[a.channel].platform_id(a.config) for a in office.settings.accounts
    }

    def work(conn: Connection) -> Scheduled:
        for account in office.settings.accounts:
            accounts.ensure(conn, account, platform_id=known_accounts[account.name])
        done = sync_plan.schedule(conn, found.plan, now=now, folder_gone=found.folder_gone)
        done = replace(done, over=file_errors.over(conn, [p.file for p in found.left_alone(done)]))
        file_errors.keep(conn, [(p.file, p.code) for p in found.left_alone(done)])
        return done

    return office.ledger(write=True).write(work)


def vanished(found: Scan, done: Scheduled) -> list[Problem]:
    """The loud problem about posts that went away together; nothing was changed for them."""
    if not done.vanished:
        return []
    message = _("{count} posts that are still to be sent vanished at once; nothing was changed for them")
    hint = _("is the folder {folder} there? bring the files back, or move them away a few at a time")
    folder = found.folder
    return [
        Problem(
            "posts-vanished",
            message.format(count=len(done.vanished)),
            hint.format(folder=folder),
            file=folder,
        )
    ]
