"""What every channel shows of a post, held to golden files: ``<case>.md`` beside ``<case>.<account>.json``.

The cases are the files here, and the sample posts of the repository (``posts/``), in the office of
``config.example.toml``; the JSON is the rendition as the ledger keeps it. A case more is two files more.
After a deliberate change: ``python -m tests.golden.test_golden``, and read the diff.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from humaspost.app.folder.scan import scan_folder
from humaspost.app.office import Office
from humaspost.model.rendition import Rendition
from humaspost.reports.renditions_of_post import previews_for
from humaspost.settings.load import load_settings
from tests.support.reference_data import ROOT

HERE = Path(__file__).parent
SAMPLES = ROOT / "posts"
CASES = sorted([*HERE.glob("*.md"), *SAMPLES.glob("*.md")], key=lambda path: path.name)
#: Before every date in the cases.
NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

RenditionJson = Mapping[str, Rendition]


def rendered(folder: Path) -> Mapping[str, RenditionJson]:
    """File name → account → rendition, of all cases in one office; none of them may have an error."""
    shutil.copytree(SAMPLES, folder / "posts")
    for case in HERE.glob("*.md"):
        shutil.copy(case, folder / "posts")
    shutil.copytree(ROOT / "audiences", folder / "audiences")
    shutil.copy(ROOT / "config.example.toml", folder / "config.toml")
    office = Office(load_settings(folder / "config.toml"), now=lambda: NOW, environ={})
    found = scan_folder(office)
    wrong = [f"{problem.file}: {problem.code}" for problem in found.problems if problem.is_error]
    assert wrong == []
    made = {
        Path(post.file).name: {one.account.name: one.rendition for one in previews_for(office, post)}
        for post in found.posts
    }
    office.close()
    return made


def goldens_of(case: Path) -> dict[str, Path]:
    """Account → the golden file that belongs to the case."""
    found = HERE.glob(f"{case.stem}.*.json")
    return {path.name.removesuffix(".json").removeprefix(f"{case.stem}."): path for path in found}


def written(rendition: Rendition) -> str:
    """The rendition as it stands in a golden file."""
    return json.dumps(rendition.to_json(), indent=1, ensure_ascii=False) + "\n"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, RenditionJson]:
    return rendered(tmp_path_factory.mktemp("golden") / "office")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_post_is_displayed_as_written_down(case: Path, office: Mapping[str, RenditionJson]) -> None:
    shown, goldens = office[case.name], goldens_of(case)
    assert set(shown) == set(goldens)
    for account, path in goldens.items():
        text = path.read_text("utf-8")
        assert written(shown[account]) == text
        assert Rendition.from_json(json.loads(text)) == shown[account], "what is stored is read back the same"


def test_there_are_cases_and_none_is_unused() -> None:
    assert len(CASES) >= 12 + 6
    owned = {path for case in CASES for path in goldens_of(case).values()}
    assert set(HERE.glob("*.json")) == owned


if __name__ == "__main__":
    for old in HERE.glob("*.json"):
        old.unlink()
    with tempfile.TemporaryDirectory() as place:
        for name, renditions in rendered(Path(place) / "office").items():
            for one, rendition in renditions.items():
                target = HERE / f"{Path(name).stem}.{one}.json"
                target.write_text(written(rendition), "utf-8")
