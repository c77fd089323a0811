"""Rules as YAML: what is written reads back, and what is not known is refused."""

from __future__ import annotations

import json

import jsonschema
import pytest

from rowmill.api.rules import domain_rules
from rowmill.core.errors import UsageError
from rowmill.domains.registry import DOMAINS
from rowmill.quality.rules.writing import json_schema, plain_rules, read_rules, rules_of, rules_yaml


@pytest.mark.parametrize("name", DOMAINS)
def test_the_rules_of_a_domain_read_back_as_they_are(name, tmp_path):
    book = domain_rules(name)
    place = tmp_path / "rules.yaml"
    place.write_text(rules_yaml(book), "utf-8")

    assert read_rules(place) == book
    place.with_suffix(".json").write_text(json.dumps(plain_rules(book)), "utf-8")
    assert read_rules(place.with_suffix(".json")) == book
    jsonschema.validate(plain_rules(book), json.loads(json_schema()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tables: {}", "tables"),
        ("tabels: {}", "tabels: unknown key"),
        ("tables: {t: {colums: {}}}", "tables.t.colums: unknown key"),
        ("tables: {t: {columns: {a: {minimum: low}}}}", "minimum"),
        ("tables: {t: {columns: {a: {type: int}}}}", "type"),
        ("tables: {t: {columns: {a: {minimum: .nan}}}}", "minimum"),
        ("tables: {t: {columns: {a: {maximum: -.inf}}}}", "maximum"),
        ("tables: {t: {columns: {a: {minimum: 5, maximum: 1}}}}", "above the maximum"),
        ("tables: {t: {columns: {a: {pattern: '(?<=x)'}}}}", "look-around"),
        ("tables: {t: {rules: [{name: x, check: 'exec(1)'}]}}", "function 'exec': unknown"),
        ("tables: {t: {rules: [{name: x, check: a > 1, then: b}]}}", "unknown key"),
        ("tables: {t: {rules: [{name: x, check: previous(a) < a}]}}", "give by and order"),
        ("tables: {t: {rules: [{name: x, check: count() > 1}]}}", "of a group of rows"),
        ("tables: {t: {rules: [{name: x, check: a > 1, order: [a]}]}}", "name its columns in by"),
        ("tables: {t: {rules: [{name: x, check: u.a > 1}]}}", "no foreign key"),
        ("tables: {t: {rules: [{name: x, check: a > 1}, {name: x, check: a > 2}]}}", "two rules"),
        ("tables: {t: {columns: {a: {}}, others: false, rules: [{name: x, check: b > 1}]}}", "no column 'b'"),
        ("tables: {t: {foreign_keys: [{columns: [a, b], table: u, references: [c]}]}}", "names 1 columns"),
        ("tables: &x {t: *x}", "aliases"),
        ("a: !!python/object/apply:os.system ['true']", "cannot be read as YAML"),
        ("[" * 1_200, "nested too deeply"),
    ],
)  # fmt: skip
def test_what_a_book_may_not_say_is_refused_with_its_place(text, said, tmp_path):
    place = tmp_path / "rules.yaml"
    place.write_text(text)

    with pytest.raises(UsageError, match=said.replace("'", ".").replace("(", ".")) as error:
        read_rules(place)
    assert str(place) in str(error.value)


def test_a_file_of_rules_that_cannot_be_read_is_one_line(tmp_path):
    (tmp_path / "x.yaml").write_bytes(b"\xff\xfe\x00")
    for name in ("nothing.yaml", "x.yaml", "."):
        with pytest.raises(UsageError) as error:
            read_rules(tmp_path / name)
        assert len(str(error.value).splitlines()) == 1


def test_names_that_look_like_something_else_stay_names():
    data = {"tables": {"no": {"columns": {"1": {"values": ["NO", "null", "1e3", "", " x"]}, "yes": {}}}}}

    book = rules_of(data, "test")

    assert plain_rules(book) == data
