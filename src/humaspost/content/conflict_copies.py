"""The files that are copies of other posts, by their names and contents."""

from collections.abc import Collection, Mapping
from functools import lru_cache

from humaspost.content.conflict_names import Evidence, comparable_name, match_copies
from humaspost.content.post_file import ParsedFile


def find_copies(
    files: Collection[ParsedFile], *, other_files: Collection[str], planned_files: Mapping[str, str]
) -> dict[str, str]:
    """Return the copies, each with the file that it is a copy of.

    ``other_files`` are posts that could not be read now. ``planned_files`` has, by id, the file from which the
    ledger planned the post: such a file is never a copy.
    """
    suspects = [parsed for parsed in files if match_copies(_stem(parsed.file))]
    if not suspects:
        return {}
    by_name: dict[tuple[str, str], ParsedFile | str] = {_key(file): file for file in other_files}
    by_name |= {_key(parsed.file): parsed for parsed in files}
    planned = set(planned_files.values())
    copies = {}
    for parsed in suspects:
        if parsed.file not in planned and (original := _find_original(parsed, by_name, planned_files)):
            copies[parsed.file] = original
    return copies


def _find_original(
    parsed: ParsedFile, by_name: Mapping[tuple[str, str], ParsedFile | str], planned_files: Mapping[str, str]
) -> str:
    folder, _name = _key(parsed.file)
    for copy in match_copies(_stem(parsed.file)):
        key = (folder, comparable_name(copy.original))
        original = by_name.get(key)
        planned_file = planned_files.get(parsed.id)
        if planned_file and _key(planned_file) == key:
            return planned_file  # also while the client has moved the original away
        if original is None or original is parsed:
            continue
        if isinstance(original, str):
            return original
        if copy.evidence is Evidence.ORIGINAL or _is_same_post(parsed, original):
            return original.file
    return ""


def _is_same_post(one: ParsedFile, other: ParsedFile) -> bool:
    if one.id and one.id == other.id:
        return True
    return bool(one.post and other.post and one.post.title == other.post.title)


def _stem(file: str) -> str:
    return file.rpartition("/")[2].rpartition(".")[0]


@lru_cache(maxsize=65_536)
def _key(file: str) -> tuple[str, str]:
    """Return the folder and the comparable name of the file."""
    return file.rpartition("/")[0], comparable_name(_stem(file))
