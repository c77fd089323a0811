"""The RNG macros, run in DuckDB: the reference's numbers, evenly spread, and no key like another."""

from __future__ import annotations

import re

import duckdb
import numpy as np
import pytest
from jinja2 import Environment
from scipy import stats

from rowmill.domains.workforce.sql.dbt import PROJECT
from support.plain_hash import draw, words
from support.tree import ROOT

MACROS = Environment(autoescape=False).from_string((PROJECT / "macros/rng.sql").read_text("utf-8")).module
KEYS = 1_000_000
UNIFORM_P = 1e-4
SIX_SIGMA = 6 / np.sqrt(KEYS)


@pytest.fixture(scope="module")
def sql():
    with duckdb.connect(config={"threads": 2}) as connection:
        id_words = ", ".join(f"{MACROS.word('md5(id)', i + 1)} AS {name}" for i, name in enumerate("abc"))
        connection.execute(
            f"CREATE TABLE people AS SELECT n, id, {id_words} "
            f"FROM (SELECT n, printf('EMP_%07d', n) AS id FROM range(1, {KEYS + 1}) AS numbers(n))"
        )
        yield connection


def drawn(sql, *key):
    """Return the draws of everybody for (seed, year, event type, salt), in order of employee, uint64[KEYS]."""
    stream = "|".join(str(part) for part in key)
    s, t = (MACROS.word(f"md5('{stream}')", i) for i in (1, 2))
    query = f"SELECT {MACROS.draw('a', 'b', 's', 't')} AS x FROM people, (SELECT {s} AS s, {t} AS t) ORDER BY n"
    return sql.sql(query).fetchnumpy()["x"].astype(np.uint64)


def test_the_vectors_of_the_page_are_sqls_too():
    example = re.findall(r"```python\n(.*?)```", (ROOT / "docs/hash-rng.md").read_text("utf-8"), re.DOTALL)[0]
    page = {}
    exec(example, page)  # the page's own code, which asserts its vectors

    for (employee, *key), expected in page["vectors"].items():
        ids, streams = (f"md5('{text}')" for text in (employee, "|".join(map(str, key))))
        words_of = [MACROS.word(digits, i) for digits in (ids, streams) for i in (1, 2)]
        query = f"SELECT {MACROS.draw('a', 'b', 's', 't')} FROM (SELECT {', '.join(words_of)}) AS w(a, b, s, t)"
        assert duckdb.sql(query).fetchall() == [(expected,)]


def masked(x):
    return x & np.uint64(0xFFFFFFFF)


def mixed(x):
    x = masked((x ^ (x >> np.uint64(16))) * np.uint64(0x7FEB352D))
    x = masked((x ^ (x >> np.uint64(15))) * np.uint64(0x846CA68B))
    return x ^ (x >> np.uint64(16))


def test_a_million_draws_are_the_references(sql):
    key = (42, 2025, "termination", "")
    found = drawn(sql, *key)

    ids = [f"EMP_{n:07d}" for n in range(1, KEYS + 1)]
    a, b = np.array([words(employee)[:2] for employee in ids], np.uint64).T
    s, t = (np.uint64(word) for word in words("42|2025|termination|")[:2])
    assert np.array_equal(found, mixed(masked((mixed(a ^ s) ^ b) + t)))
    assert all(found[n] == draw(ids[n], *key) for n in range(0, KEYS, 997))


@pytest.mark.parametrize(
    "key", [(42, 2025, "termination", ""), (0, 0, "auto_enrollment", "day"), (7, 2049, "raise", "x")]
)
def test_draws_are_uniform(sql, key):
    found = drawn(sql, *key)

    assert stats.kstest(found / 2.0**32, "uniform").pvalue > UNIFORM_P
    for shift in (0, 8, 16, 24):
        counts = np.bincount((found >> np.uint64(shift)).astype(np.int64) & 255, minlength=256)
        assert stats.chisquare(counts).pvalue > UNIFORM_P


@pytest.mark.parametrize(
    "other",
    [
        (42, 2025, "termination", "day"),
        (42, 2025, "promotion", ""),
        (42, 2026, "termination", ""),
        (43, 2025, "termination", ""),
        (42 + 2**32, 2025, "termination", ""),
    ],
    ids=["salt", "event type", "year", "seed", "high half of the seed"],
)
def test_no_part_of_the_key_is_without_effect(sql, other):
    one, two = drawn(sql, 42, 2025, "termination", ""), drawn(sql, *other)

    assert np.count_nonzero(one == two) < 10
    assert abs(np.corrcoef(one.astype(float), two.astype(float))[0, 1]) < SIX_SIGMA
    joint = np.bincount((one >> np.uint64(28)).astype(np.int64) * 16 + (two >> np.uint64(28)).astype(np.int64))
    assert stats.chisquare(joint).pvalue > UNIFORM_P


@pytest.mark.parametrize("lag", [1, 2, 10, 1000])
def test_neighbours_have_nothing_in_common(sql, lag):
    found = drawn(sql, 42, 2025, "termination", "").astype(float)

    assert abs(np.corrcoef(found[:-lag], found[lag:])[0, 1]) < SIX_SIGMA


@pytest.mark.parametrize("n", [1, 2, 7, 365, 10_000, 2**31])
def test_below_stays_below_and_is_even(sql, n):
    s, t = words("42|2025|raise|")[:2]
    a = MACROS.draw("a", "b", f"{s}::UBIGINT", f"{t}::UBIGINT")
    query = f"SELECT min(x), max(x), avg(x) FROM (SELECT {MACROS.below(a, n)} AS x FROM people)"
    low, high, mean = sql.sql(query).fetchall()[0]

    assert 0 <= low <= high < n
    assert abs(mean - (n - 1) / 2) <= 6 * n / np.sqrt(12 * KEYS)
