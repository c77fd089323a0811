"""The language of checks: what it can say, and that it can say nothing else."""

from __future__ import annotations

from contextlib import suppress

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rowmill.domains.registry import DOMAINS, domain
from rowmill.model.rules import HasRules, Rule
from rowmill.quality.checks.duck import sql
from rowmill.quality.rules.checks import Named, columns_of
from rowmill.quality.rules.parsing import parsed
from rowmill.quality.rules.words import CheckError

ROW = {"a": "3", "b": "-2.5", "t": "'it''s'", "n": "NULL", "yes": "TRUE", "day": "DATE '2025-03-01'"}


def value_of(check):
    """Return what DuckDB makes of a check over one row."""
    columns = ", ".join(f"{value} AS {name}" for name, value in ROW.items())
    (row,) = duckdb.sql(f"SELECT {sql(parsed(check), lambda c: c.name)} FROM (SELECT {columns})").fetchall()
    return row[0]


@pytest.mark.parametrize(
    ("check", "value"),
    [
        ("a = 3 and b < 0", True),
        ("a + 2 * a - -1 = 10", True),
        ("not a = 3 or b >= 0", False),
        ("a = 3 implies b > 0", False),
        ("a = 4 implies b > 0", True),
        ("n = 3", None),
        ("n is null and t is not null", True),
        ("n is distinct from a", True),
        ("n is not distinct from null", True),
        ("a in (1, 2, 3) and t not in ('x', 'y')", True),
        ("a between 1 and 3 and not a between 4 and 5", True),
        ("t = 'it''s'", True),
        ("t matches '[a-z]+.s' and not t matches 's'", True),
        ("abs(b) = 2.5 and floor(b) = -3 and length(t) = 4", True),
        ("year(day) * 100 + month(day) = 202503", True),
        ("years(date '2000-03-02', day) = 24 and years(date '2000-03-01', day) = 25", True),
        ("days(date '2025-02-28', day) = 1", True),
        ("seconds(timestamp '2025-03-01T00:00:00Z', timestamp '2025-03-01T01:00:00+00:00') = 3600", True),
        ("upper(left(t, 2)) = 'IT' and number('1.5') > 1 and number('x') is null", True),
        ("coalesce(n, a) = 3 and greatest(a, 9) = 9", True),
        ("yes = (a = 3)", True),
    ],
)
def test_a_check_says_what_it_looks_like(check, value):
    assert value_of(check) == value


@pytest.mark.parametrize(
    "text",
    [
        "", "a =", "a b", "(a", "a in ()", "a in (b)", "read_csv('x')", "a; drop table t", "a -- 'b", "/* a */",
        "getenv('HOME') = 'x'", "select 1", "a like 'x%'", "a = $1", "a.b.c = 1", "t matches b", "a[1]", "a::int",
        "previous()", "left(t, a)", "date 'yesterday'", "t matches '(?=x)'", "t matches '(a)\\1'", "t matches '['",
        "a = \x00", "x" * 2_001, "(" * 60 + "a" + ")" * 60, "not " * 100 + "a", "9" * 40, "t matches 'a++'",
    ],
)  # fmt: skip
def test_what_is_no_check_is_refused(text):
    with pytest.raises(CheckError):
        parsed(text)


def test_names_and_texts_cannot_leave_their_quotes():
    hostile = "\"a\"\" FROM read_text('x') --\" = ''') OR read_text(''/etc/passwd'')'"
    check = parsed(hostile)

    assert [column.name for column in columns_of(check)] == ["a\" FROM read_text('x') --"]
    said = sql(check, lambda column: '"' + column.name.replace('"', '""') + '"')
    kinds = duckdb.extract_statements(f"SELECT {said} FROM t")
    assert len(kinds) == 1
    assert duckdb.query("SELECT 1").fetchall() == [(1,)]
    assert "read_text" not in said.replace(said[: said.index("=")], "").split("'")[0]


@settings(max_examples=40)
@given(st.text(max_size=80))
def test_any_text_is_one_expression_or_refused(text):
    with suppress(CheckError):
        check = parsed(text)
        said = sql(check, lambda column: '"' + column.name.replace('"', '""') + '"')
        assert len(duckdb.extract_statements(f"SELECT {said} FROM t")) == 1


def test_every_rule_of_a_domain_could_be_a_user_s_own():
    count = 0
    for name in DOMAINS:
        found = domain(name)
        assert isinstance(found, HasRules)
        for rules in found.rules.values():
            for rule in rules:
                count += isinstance(rule, Rule)
                texts = [rule.check] if isinstance(rule, Rule) else [text for text in (rule.where, rule.there) if text]
                assert all(isinstance(each, Named) for text in texts for each in columns_of(parsed(text)))
    assert count > 80


@pytest.mark.parametrize(
    "check",
    [
        " + ".join(["a"] * 400) + " > 0",
        " and ".join(["yes"] * 400),
        "day < timestamp '0001-01-01T00:00:00+14:00'",
        "previous(previous(a)) < a",
        "t matches 'a{1001}'",
        "a < 1e999",
        r"t matches 'a\Z'",
    ],
)
def test_what_no_engine_could_work_out_is_refused_when_it_is_read(check):
    with pytest.raises(CheckError):
        parsed(check)


def test_the_longest_chain_is_worked_out():
    assert value_of(" + ".join(["a"] * 149) + " = 447") is True
