"""The file that keeps an id which several files claim."""

from collections.abc import Iterable, Mapping

from humaspost.content.post_file import ParsedFile


def find_keepers(
    files: Iterable[ParsedFile], *, unsettled_files: Mapping[str, str], planned_files: Mapping[str, str]
) -> dict[str, str]:
    """Return the file that keeps each id, "" where a person must choose.

    ``unsettled_files`` maps files that are being written to their last id, or "". ``planned_files`` has, by id,
    the file from which the ledger planned the post; it keeps the id, whatever the other files are called.
    """
    ids = dict(unsettled_files)
    drafts = set()
    for parsed in files:
        ids[parsed.file] = parsed.id
        if parsed.post.draft if parsed.post else parsed.broken_post.draft:
            drafts.add(parsed.file)
    claims: dict[str, list[str]] = {}
    for file, id_ in ids.items():
        if id_:
            claims.setdefault(id_, []).append(file)
    return {
        id_: _find_keeper(claimants, planned_files.get(id_), ids, drafts) for id_, claimants in claims.items()
    }


def _find_keeper(
    claimants: list[str], planned_file: str | None, ids: Mapping[str, str], drafts: set[str]
) -> str:
    # The planned file may be half-saved or have an error above its id: it keeps the id all the same.
    if planned_file in claimants or (planned_file and ids.get(planned_file) == ""):
        return planned_file
    # Without the planned file, one claimant is that post, renamed or moved; a draft takes no id from a post.
    finished = [file for file in claimants if file not in drafts]
    candidates = finished or claimants
    return candidates[0] if len(candidates) == 1 else ""
