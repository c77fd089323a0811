"""One word, one thing: every word of the map has an owner, and no two classes share a name."""

from __future__ import annotations

import ast
import re
from collections import defaultdict

import pytest

from support.tree import ROOT, parsed, place, python_files

PACKAGE = ROOT / "src/rowmill"
GLOSSARY = (ROOT / "docs/architecture.md").read_text("utf-8").partition("## Words")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| \*\*(.+?)\*\* \| (.+) \| (.+) \|$", GLOSSARY, re.MULTILINE)


def defined(path):
    """Return the names that a module defines at its top."""
    names = set()
    for node in parsed(path).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


def test_the_map_has_words():
    assert len(ROWS) > 15
    assert len({word for word, _, _ in ROWS}) == len(ROWS)
    assert len(ROWS) == len(re.findall(r"^\| \*\*", GLOSSARY, re.MULTILINE))


@pytest.mark.parametrize(("word", "owner"), [(word, owner) for word, _, owner in ROWS])
def test_a_word_has_one_owner_which_defines_it(word, owner):
    name, path = re.fullmatch(r"`(\w+)` in `([\w/.]+)`", owner).groups()

    assert name in defined(PACKAGE / path)
    assert name.lower().startswith(word.lower()[:4]) or word == "Window"


def test_no_two_classes_share_a_name():
    places = defaultdict(list)
    for path in python_files("src"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(place(path, node))

    assert {name: found for name, found in places.items() if len(found) > 1} == {}
