"""The posts planned by earlier scans, so that the next scan renders only what changed."""

import hashlib
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

from humaspost.base.stamped_cache import CacheSection
from humaspost.model.plan import PlanRow
from humaspost.model.post import Post
from humaspost.model.rendition import Rendition
from humaspost.planning.planned_json import PlannedPost, pack_planned, unpack_planned


@dataclass
class PlanMemo:
    """The problems and plan rows of each post, by file, for one basis.

    The basis is everything besides the post that its plan depends on: settings and what the accounts' statuses decide.
    ``section`` has the posts that earlier processes planned.
    """

    section: CacheSection | None = None
    _basis: object = None
    _basis_digest: str = ""
    _planned: dict[str, tuple[Post, PlannedPost]] = field(default_factory=dict)

    def rebase(self, basis: object) -> None:
        """Forget every post where the basis is another one."""
        if self._basis != basis:
            self._basis = basis
            self._basis_digest = _digest(basis)
            self._planned.clear()

    def get_or_plan(
        self,
        post: Post,
        plan_post: Callable[[Post], PlannedPost],
        build_rows: Callable[[Post, Iterable[tuple[str, Rendition]]], list[PlanRow]],
    ) -> PlannedPost:
        """Return the problems and rows of exactly this post; plan it if it is new or changed."""
        remembered = self._planned.get(post.file)
        # Posts without media are the very objects of the last scan.
        if remembered is not None and (remembered[0] is post or remembered[0] == post):
            return remembered[1]
        planned = self._load_or_plan(
            post, lambda: plan_post(post), lambda renditions: build_rows(post, renditions)
        )
        self._planned[post.file] = (post, planned)
        return planned

    def retain(self, files: Collection[str]) -> None:
        """Forget the posts of all other files."""
        for file in [file for file in self._planned if file not in files]:
            del self._planned[file]
        if self.section is not None:
            self.section.retain(files)

    def _load_or_plan(
        self,
        post: Post,
        plan_post: Callable[[], PlannedPost],
        build_rows: Callable[[Iterable[tuple[str, Rendition]]], list[PlanRow]],
    ) -> PlannedPost:
        if self.section is None or not post.digest:
            return plan_post()
        # A post is what its bytes and its media are: no time of a file counts here.
        stamp = f"{self._basis_digest}:{post.digest}"
        if post.media:
            stamp += f":{_digest(post.media)}"
        planned = self.section.take(post.file, stamp, lambda data: unpack_planned(data, build_rows))
        if planned is None:
            planned = plan_post()
            self.section.put(
                post.file,
                stamp,
                planned,
                encode=pack_planned,
                decode=lambda data: unpack_planned(data, build_rows),
            )
        return planned


def _digest(value: object) -> str:
    return hashlib.sha256(repr(value).encode("utf-8", "surrogatepass")).hexdigest()[:32]
