"""Limits in numbers: they keep a file about one thing, whatever is in a hurry."""

from __future__ import annotations

import ast
import sys

import pytest

from support.tree import ROOT, files, functions, parsed, place, python_files

FILE_LINES = 300
TEST_FILE_LINES = 400
FUNCTION_LINES = 60
CHANGERS = {"add", "append", "clear", "discard", "extend", "insert", "pop", "remove", "setdefault", "update"}
TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".txt", ".cfg", ".json", ".csv", ".sql", ".sh", ""}
REGISTRIES = ["py" + "pi.org", "python" + "hosted.org", "ana" + "conda.org", "/sim" + "ple/"]
MACHINE_PATHS = ["/wo" + "rk/", "/ro" + "ot/", "/ho" + "me/", "/t" + "mp/"]
SOURCES = python_files("src", "tests", "tools", "bench")
PACKAGE = python_files("src")


def test_files_are_short():
    tests = set(python_files("tests"))
    lengths = {path: len(path.read_text("utf-8").splitlines()) for path in SOURCES}
    long = {place(path): n for path, n in lengths.items() if n > (TEST_FILE_LINES if path in tests else FILE_LINES)}

    assert not long


def test_functions_are_short():
    long = {
        place(path, node): lines
        for path in SOURCES
        for node in functions(path)
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > FUNCTION_LINES
    }

    assert not long


def public_functions(node):
    """Yield the functions that others may call: not private, in no private class, not inside another function."""
    for item in node.body:
        if isinstance(item, ast.FunctionDef | ast.ClassDef) and not item.name.startswith("_"):
            yield from [item] if isinstance(item, ast.FunctionDef) else public_functions(item)


def test_nothing_public_takes_whatever_keyword_it_is_given():
    """Spec fields apart: ``rowmill.dataset`` takes them by name and validates them."""
    loose = [
        place(path, node)
        for path in PACKAGE
        for node in public_functions(parsed(path))
        if node.args.kwarg and node.args.kwarg.arg != "fields"
    ]

    assert not loose


def written_names(node):
    """Return the names that a function changes in place: by item, by ``del`` or by a method of a container."""
    for item in ast.walk(node):
        targets = item.targets if isinstance(item, ast.Assign | ast.Delete) else [getattr(item, "target", None)]
        if isinstance(item, ast.Assign | ast.Delete | ast.AugAssign):
            yield from (t.value.id for t in targets if isinstance(t, ast.Subscript) and isinstance(t.value, ast.Name))
        if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute) and item.func.attr in CHANGERS:
            yield from [item.func.value.id] if isinstance(item.func.value, ast.Name) else []


def test_no_function_writes_to_a_table_of_its_module():
    changed = []
    for path in PACKAGE:
        tables = {
            name.id
            for node in parsed(path).body
            if isinstance(node, ast.Assign | ast.AnnAssign)
            for name in ast.walk(node)
            if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
        }
        for node in functions(path):
            own = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            own |= {a.arg for a in ast.walk(node) if isinstance(a, ast.arg)}
            changed += [f"{place(path, node)} {name}" for name in written_names(node) if name in tables - own]

    assert not changed


@pytest.mark.parametrize("layer", ["core", "draw"])
def test_the_ground_imports_numpy_and_the_standard_library_alone(layer):
    allowed = {"numpy", "rowmill", *sys.stdlib_module_names}
    strange = []
    for path in python_files(f"src/rowmill/{layer}"):
        for node in ast.walk(parsed(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            strange += [f"{place(path, node)} {name}" for name in names if name.partition(".")[0] not in allowed]

    assert not strange


@pytest.mark.parametrize("word", [*REGISTRIES, *MACHINE_PATHS])
def test_no_file_names_a_registry_or_a_place_on_somebodys_machine(word):
    found = [place(p) for p in files() if p.suffix in TEXT and word in p.read_text("utf-8", errors="replace")]

    assert not found


def test_text_files_end_with_a_line_feed_and_use_no_carriage_return():
    texts = [path for path in files() if path.suffix in TEXT and path.stat().st_size]
    wrong = [place(path) for path in texts if not (raw := path.read_bytes()).endswith(b"\n") or b"\r" in raw]

    assert not wrong


def test_every_module_says_what_it_is_about():
    silent = [place(path) for path in PACKAGE if not ast.get_docstring(parsed(path))]

    assert not silent
    assert (ROOT / "src/rowmill/py.typed").exists()
