"""Which modules import which: no circles, and one facade for plug-ins."""

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import get_args, get_type_hints

import pytest

from humaspost import plugin
from humaspost.plugin import (
    Aliased,
    Channel,
    ChannelContext,
    ContractStage,
    OAuthLogin,
    Session,
    WebhookReceiver,
)
from tests.docs.pages import ROOT

SOURCE = ROOT / "src"
EXAMPLE = ROOT / "docs" / "plugin"
ImportGraph = Mapping[str, set[str]]


def module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_graph(root: Path) -> ImportGraph:
    """Return for each module under ``root`` the modules that its text names in an import, at any depth."""
    modules = {module_name(path, root): path for path in sorted(root.rglob("*.py"))}
    return {
        name: {imported for imported in imports(path, modules) if imported != name}
        for name, path in modules.items()
    }


def imports(path: Path, modules: Mapping[str, Path]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in modules)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            for alias in node.names:
                # `from package import name`: a module of the package, or something of its __init__.
                submodule = f"{node.module}.{alias.name}"
                target = submodule if submodule in modules else str(node.module)
                if target in modules:
                    yield target


def circles(graph: ImportGraph) -> list[list[str]]:
    """Return each group of modules in which every one reaches every other (Tarjan's algorithm)."""
    order: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = lowest[module] = len(order)
        stack.append(module)
        for imported in sorted(graph[module]):
            if imported not in order:
                visit(imported)
                lowest[module] = min(lowest[module], lowest[imported])
            elif imported in stack:
                lowest[module] = min(lowest[module], order[imported])
        if lowest[module] == order[module]:
            group = stack[stack.index(module) :]
            del stack[stack.index(module) :]
            groups.append(sorted(group))

    for module in graph:
        if module not in order:
            visit(module)
    return [group for group in groups if len(group) > 1]


def test_no_circle_of_modules() -> None:
    assert not circles(import_graph(SOURCE))


def test_the_graph_is_whole() -> None:
    graph = import_graph(SOURCE)
    assert len(graph) > 300
    # A lazy import, one of a whole module, one of a name in a package's __init__.
    assert "humaspost.channels.x.session" in graph["humaspost.channels.x"]
    assert "humaspost.channels.x.reconcile" in graph["humaspost.channels.x.session"]
    assert "humaspost" in graph["humaspost.cli.root"]


def test_a_lazy_circle_is_detected(tmp_path: Path) -> None:
    package = tmp_path / "office"
    package.mkdir()
    (package / "__init__.py").write_text("def f():\n    from office.session import open_session\n")
    (package / "session.py").write_text("from office import config\nfrom office.client import Client\n")
    (package / "config.py").write_text("")
    (package / "client.py").write_text("from office import f\n")
    assert circles(import_graph(tmp_path)) == [["office", "office.client", "office.session"]]


def test_the_facade_exports_what_it_names() -> None:
    assert len(set(plugin.__all__)) == len(plugin.__all__)
    assert [name for name in plugin.__all__ if not hasattr(plugin, name)] == []


def test_the_facade_has_every_type_of_the_interface() -> None:
    interfaces = (Aliased, Channel, ChannelContext, ContractStage, OAuthLogin, Session, WebhookReceiver)
    members = [member for interface in interfaces for member in vars(interface).values() if callable(member)]
    hints = [hint for member in members for hint in get_type_hints(member).values()]
    types = {part for hint in hints for part in (hint, *get_args(hint))}
    ours = {part.__name__ for part in types if getattr(part, "__module__", "").startswith("humaspost.")}
    assert "Retracted" in ours
    assert ours - set(plugin.__all__) == set()


def test_no_package_of_humaspost_imports_the_facade() -> None:
    """It imports requests and the contract; a command that needs neither must not pay for them."""
    graph = import_graph(SOURCE)
    assert [module for module, imported in graph.items() if "humaspost.plugin" in imported] == []


@pytest.mark.parametrize("file", sorted(EXAMPLE.glob("*.py")), ids=lambda file: file.name)
def test_the_example_plug_in_imports_the_facade_only(file: Path) -> None:
    imported = set(imports(file, dict.fromkeys(import_graph(SOURCE), file)))
    assert imported == {"humaspost.plugin"}
