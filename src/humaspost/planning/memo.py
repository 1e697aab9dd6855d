"""The posts planned by earlier scans, so that the next scan renders only what changed."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from humaspost.model.plan import PlanRow
from humaspost.model.post import Post
from humaspost.model.problem import Problem

PlannedPost = tuple[list[Problem], list[PlanRow]]


@dataclass
class PlanMemo:
    """The problems and plan rows of each post, by file, for one basis.

    The basis is everything besides the post that its plan depends on: settings and the accounts' statuses.
    """

    _basis: object = None
    _planned: dict[str, tuple[Post, PlannedPost]] = field(default_factory=dict)

    def rebase(self, basis: object) -> None:
        """Forget every post where the basis is another one."""
        if self._basis != basis:
            self._basis = basis
            self._planned.clear()

    def get_or_plan(self, post: Post, plan_post: Callable[[Post], PlannedPost]) -> PlannedPost:
        """Return the problems and rows of exactly this post; plan it if it is new or changed."""
        remembered = self._planned.get(post.file)
        # Posts without media are the very objects of the last scan.
        if remembered is not None and (remembered[0] is post or remembered[0] == post):
            return remembered[1]
        planned = plan_post(post)
        self._planned[post.file] = (post, planned)
        return planned

    def retain(self, files: Collection[str]) -> None:
        """Forget the posts of all other files."""
        for file in [file for file in self._planned if file not in files]:
            del self._planned[file]
