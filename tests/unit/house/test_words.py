"""What is a domain's stands in the domain: the engine's own modules know no domain, no table and no engine of one."""

from __future__ import annotations

import ast
import re

import pytest

import rowmill
from rowmill.domains.registry import DOMAINS, domain
from rowmill.model.calendar import DAY, MONTH, YEAR
from rowmill.model.engine import HasModels, MakesBeforehand
from support.tree import parsed, place, python_files

ENGINE = [
    path
    for path in python_files("src")
    if re.search(r"rowmill/(core|draw|model|llm|run|sinks|plan|quality|api|cli)/", str(path))
    and "cli/flags/" not in str(path)
]
OF_A_DOMAIN = {"src/rowmill/api/bench.py", "src/rowmill/cli/bench.py"}
"""`rowmill bench workforce` is a command about one domain."""
USUAL = {"sql", *(level.name for level in (YEAR, MONTH, DAY))}
"""Words that are the engine's too: it prints schemas as SQL, and parts days by year, month and day."""


def words_of(name):
    """Return the words that a domain declares: its name, its tables, its levels, its engines, its database."""
    made, family = rowmill.dataset(name, seed=1).model, domain(name)
    words = {name, *made.tables, *(level.name for level in made.calendar.levels)}
    words |= set(family.other_engines) if isinstance(family, MakesBeforehand) else set()
    return (words | ({family.model_database} if isinstance(family, HasModels) else set())) - USUAL


def said(path):
    """Yield what a module says in code and in messages: its texts without what documents it."""
    tree = parsed(path)
    documents = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documents:
            yield node.lineno, node.value


@pytest.mark.parametrize("name", DOMAINS)
def test_the_engine_uses_no_word_of_a_domain(name):
    words = words_of(name)
    found = [
        f"{place(path)}:{line} {word!r} in {text!r}"
        for path in ENGINE
        if place(path) not in OF_A_DOMAIN
        for line, text in said(path)
        for word in words
        if re.search(rf"\b{re.escape(word)}\b", text)
    ]

    assert not found
