"""Checks that need all posts at once."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from humaspost.base.i18n import _
from humaspost.base.suggest import nearest
from humaspost.content.conflict_copies import find_copies
from humaspost.content.folder import conflict_copy_problem
from humaspost.content.frontmatter.hints import shorten, write_line_hint
from humaspost.content.id_claims import find_keepers
from humaspost.content.post_file import BrokenPost, ParsedFile
from humaspost.content.report import FILE_START
from humaspost.model.post import Post
from humaspost.model.problem import Problem


@dataclass(frozen=True, slots=True)
class CheckedFiles:
    """The files after the checks; a copy, or a file that conflicts with another, has no post.

    ``unsettled_files`` maps files that are still being written to the id that they keep, "" for none.
    """

    files: list[ParsedFile]
    unsettled_files: dict[str, str]


def check_all(
    files: Iterable[ParsedFile],
    *,
    unsettled_files: Mapping[str, str] | None = None,
    planned_files: Mapping[str, str] | None = None,
) -> CheckedFiles:
    """Return the files after the checks that need all of them.

    ``unsettled_files`` maps files that are still being written to their last id. ``planned_files`` has, by id, the
    file from which the ledger planned the post. A file that does not keep its id shows none: it would hold the
    post of the file that keeps it.
    """
    files, unsettled, planned = list(files), unsettled_files or {}, planned_files or {}
    copies = find_copies(files, other_files=unsettled, planned_files=planned)
    originals = [parsed for parsed in files if parsed.file not in copies]
    keepers = find_keepers(originals, unsettled_files=unsettled, planned_files=planned)
    claims = _Claims(
        keepers=keepers,
        claimants={} if all(keepers.values()) else _claimants(originals, unsettled),
        ledger_ids=planned.keys(),
    )
    checked = [
        _broken_copy(parsed, copies[parsed.file]) if parsed.file in copies else _check_file(parsed, claims)
        for parsed in files
    ]
    return CheckedFiles(
        checked, {file: id_ if claims.keepers.get(id_) == file else "" for file, id_ in unsettled.items()}
    )


@dataclass(frozen=True, slots=True)
class _Claims:
    """The claimants and the keeper of each id; ``ledger_ids`` are those that the ledger has."""

    keepers: Mapping[str, str]
    claimants: Mapping[str, list[str]]
    ledger_ids: Collection[str]

    def is_post(self, id_: str) -> bool:
        """Return True if the folder or the ledger has a post with the id."""
        return id_ in self.keepers or id_ in self.ledger_ids


def _claimants(files: Iterable[ParsedFile], unsettled: Mapping[str, str]) -> dict[str, list[str]]:
    claimants: dict[str, list[str]] = {}
    for file, id_ in (*((parsed.file, parsed.id) for parsed in files), *unsettled.items()):
        claimants.setdefault(id_, []).append(file)
    return claimants


def _broken_copy(parsed: ParsedFile, original: str) -> ParsedFile:
    problem = conflict_copy_problem(original).with_position(parsed.file, FILE_START)
    return replace(parsed, post=None, problems=(problem,), broken_post=BrokenPost(), is_copy=True)


def _check_file(parsed: ParsedFile, claims: _Claims) -> ParsedFile:
    post = parsed.post
    keeps_id = claims.keepers.get(parsed.id, parsed.file) == parsed.file
    if post is None:
        return parsed if keeps_id else replace(parsed, broken_post=replace(parsed.broken_post, id=""))
    problems = [] if keeps_id else [_duplicate_id(post, claims)]
    problems += _check_correction_target(post, claims)
    if not problems:
        return parsed
    sorted_problems = tuple(post.locate(problem) for problem in problems)
    broken_post = BrokenPost(post.id if keeps_id else "", post.date, post.draft, post.channels)
    return replace(parsed, post=None, problems=parsed.problems + sorted_problems, broken_post=broken_post)


def _duplicate_id(post: Post, claims: _Claims) -> Problem:
    keeper = claims.keepers[post.id]
    if keeper:
        message = _("the id {id!r} belongs to {file} already").format(id=post.id, file=keeper)
        return Problem("duplicate-id", message, _("give this post an id of its own"), field="id")
    other = next(file for file in claims.claimants[post.id] if file != post.file)
    message = _("{file} has the id {id!r} too").format(id=post.id, file=other)
    hint = _("give one of the two files a new id; until then humaspost sends neither")
    return Problem("duplicate-id", message, hint, field="id")


def _check_correction_target(post: Post, claims: _Claims) -> Iterable[Problem]:
    for key, name in (("corrects", post.corrects), ("repeats", post.repeats)):
        if name is None or (name != post.id and claims.is_post(name)):
            continue
        near = nearest(name, (id_ for id_ in claims.keepers if id_ != post.id))
        message = _("there is no other post with the id {id!r}").format(id=shorten(name))
        hint = write_line_hint(f"{key}: {near}") if near else _("write the id of a post in this folder")
        yield Problem("unknown-post", message, hint, field=key)
