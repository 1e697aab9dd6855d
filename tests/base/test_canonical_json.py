"""One spelling of JSON for what is hashed, compared and kept."""

import re
from pathlib import Path

import humaspost
from humaspost.base.canonical_json import dump_canonical, sha256_digest


def test_the_same_value_is_always_the_same_text() -> None:
    assert dump_canonical({"b": [1, None, True], "a": "é✓"}) == '{"a":"é✓","b":[1,null,true]}'
    assert dump_canonical({"a": "é✓", "b": [1, None, True]}) == dump_canonical(
        {"b": [1, None, True], "a": "é✓"}
    )
    assert (
        sha256_digest({"b": 1, "a": 2}) == sha256_digest({"a": 2, "b": 1}) != sha256_digest({"a": 1, "b": 2})
    )


def test_no_other_module_spells_it_again() -> None:
    source = Path(humaspost.__file__).parent
    again = re.compile(r"sort_keys=True")
    found = [
        path.relative_to(source) for path in source.rglob("*.py") if again.search(path.read_text("utf-8"))
    ]
    assert [path.as_posix() for path in found if "sandbox" not in path.parts] == ["base/canonical_json.py"]
