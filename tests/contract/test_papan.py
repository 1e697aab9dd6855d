"""The example that plug-in authors begin with is complete: it keeps the contract, on real sockets."""

import importlib
import sys
from pathlib import Path

import pytest

from tests.support.deadlines import SECOND

PLUGIN = Path(__file__).resolve().parents[2] / "docs" / "plugin"
sys.path.insert(0, str(PLUGIN))
try:
    papan, suite = importlib.import_module("papan"), importlib.import_module("test_papan")
finally:
    sys.path.remove(str(PLUGIN))

# The page for authors shows a bare half second; this machine may be busy.
suite.DEADLINE = max(0.5, 0.1 * SECOND)
TestPapan = suite.TestPapan


def test_the_example_is_as_short_as_the_page_claims() -> None:
    lines = [line for line in Path(papan.__file__).read_text("utf-8").splitlines() if line.strip()]
    code = [line for line in lines if not line.startswith(("from ", "import ", '"""'))]
    assert len(code) <= 60


@pytest.mark.parametrize("fault", ["garbage", "drop-after"])
def test_the_example_would_be_caught(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An author who sends again after a doubt is told so."""
    original = papan.Session.publish

    def publish_again(self, *given, **named):
        try:
            return original(self, *given, **named)
        except Exception:
            return original(self, *given, **named)

    monkeypatch.setattr(papan.Session, "publish", publish_again)
    suite_under_test = TestPapan()
    with (
        suite_under_test.stage() as stage,
        stage.open(stage.context) as session,
        pytest.raises(AssertionError),
    ):
        suite_under_test._check_lost_outcome(stage, session, stage.parts["notice"], fault=fault)
