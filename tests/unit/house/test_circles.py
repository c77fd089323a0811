"""No circles: whoever reads a module can read first what it stands on."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter

from support.tree import ROOT, parsed, python_files

SOURCE = ROOT / "src"
MODULES = {
    ".".join(path.relative_to(SOURCE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in python_files("src")
}


def imported(path):
    """Return the modules of the package that a file imports anywhere: lazily and for its types alone too."""
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            modules = names & MODULES.keys()
            found.update(modules if modules == names else {node.module, *modules})
    return found & MODULES.keys()


def circle(graph):
    """Return the modules of a circle, none where there is none."""
    try:
        list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        return error.args[1]
    return []


def test_no_module_imports_itself_by_way_of_others():
    graph = {module: imported(path) - {module} for module, path in MODULES.items()}

    assert sum(map(len, graph.values())) > 2 * len(graph), "the imports are seen"
    assert circle(graph) == []
