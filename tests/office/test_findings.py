"""The table of findings names tests that are there."""

import ast

import pytest

from tests.office.findings import FINDINGS
from tests.support.reference_data import ROOT


@pytest.mark.parametrize("finding", FINDINGS)
def test_a_finding_has_a_test(finding: str) -> None:
    for node in FINDINGS[finding]:
        file, name = node.split("::")
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}, node
