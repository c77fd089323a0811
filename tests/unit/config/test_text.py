"""Configuration text: what it means, and what is refused with the line of the mistake."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import UsageError
from rowmill.model.text import inline_yaml, parse_json, parse_yaml

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters(codec="utf-8"))
PLAIN = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abcNO01:. ", min_size=1), inner, max_size=4),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1_000_000", 1_000_000),
        ("1e6", 1e6),
        ("-3", -3),
        ("007", 7),
        ("0.003", 0.003),
        (".5", 0.5),
        ("true", True),
        ("null", None),
        ("", None),
        ("NO", "NO"),
        ("off", "off"),
        ("1:30", "1:30"),
        ("2025-11-30", "2025-11-30"),
        ("[US, NO, 3]", ["US", "NO", 3]),
        ("{5411: 2, true: 1}", {"5411": 2, "true": 1}),
        ('"5"', "5"),
        ("1_", "1_"),
        ("0x10", "0x10"),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    found = parse_yaml(text, "--set")

    assert found == value
    assert type(found) is type(value)


@given(PLAIN)
def test_what_is_printed_reads_back(value: object) -> None:
    assert parse_yaml(f"key: {inline_yaml(value)}", "text") == {"key": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data:\n  rows: [1, 2\nrun: {}\n", "x.yaml line 3: cannot be read as YAML"),
        ("a: &x [1]\nb: *x\n", "x.yaml line 2: cannot be read as YAML: aliases"),
        ("a: 1\nb: 2\na: 3\n", "x.yaml line 3: cannot be read as YAML: key 'a' is given twice"),
        ("a: !!python/object/apply:os.system [ls]\n", "x.yaml line 1: cannot be read as YAML"),
        ("a: !!bool maybe\n", "x.yaml: cannot be read as YAML: a value is not of the kind that its tag"),
        ("a: !!map [1]\n", "x.yaml"),
        ("a: !!int x\n", "x.yaml: cannot be read as YAML"),
        ("a: !!set {b}\n", "x.yaml line 1: cannot be read as YAML"),
        ("a: !!timestamp 2025-01-01\n", "x.yaml line 1: cannot be read as YAML"),
        ("a: !!binary aGk=\n", "x.yaml line 1: cannot be read as YAML"),
        ("a: \x00", "x.yaml: cannot be read as YAML"),
        ("a: b: c\n", "x.yaml line 1: cannot be read as YAML"),
        ("[" * 5000, "x.yaml: cannot be read as YAML: nested too deeply"),
        ("? [1]\n: 2\n", "x.yaml line 1: cannot be read as YAML"),
    ],
)
def test_bad_yaml_is_one_line_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_yaml(text, "x.yaml")

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{\n"a": 1,\n b}', "x.json line 3: cannot be read as JSON"),
        ('{"a": 1, "a": 2}', "x.json: cannot be read as JSON: key 'a' is given twice"),
        ("[" * 200_000, "x.json: cannot be read as JSON"),
    ],
)
def test_bad_json_is_one_line_with_its_place(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_json(text, "x.json")

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
