"""Parameters: what is asked for, what is let in, and the model that comes of it."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from rowmill.domains.vitals.llm.blueprint import Blueprint, blueprint_schema, model_of, read_blueprint
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.llm.answers import BadAnswer, parse_object
from support.chat import blueprint

SPEC = VitalsSpec(method="llm")
SCHEMA = blueprint_schema(SPEC)
GOOD = blueprint({"messages": ["", {"content": json.dumps(SCHEMA)}]})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


def read(found, spec=SPEC):
    return read_blueprint(found if isinstance(found, str) else json.dumps(found), spec)


def changed(path, value):
    """Return good parameters with another value at a path, or without it."""
    found = copy.deepcopy(GOOD)
    at = found
    for step in path[:-1]:
        at = at[step]
    if value is None:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return found


def test_the_schema_is_one_and_takes_what_is_let_in():
    Draft202012Validator.check_schema(SCHEMA)
    Draft202012Validator(SCHEMA).validate(GOOD)

    assert read(GOOD).model_dump(mode="json") == GOOD


def test_every_object_of_the_schema_is_strict():
    """Strict endpoints refuse a schema with an object that may have other keys, or may lack one."""

    def objects(node):
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield node
            for inner in node.values():
                yield from objects(inner)

    found = list(objects(SCHEMA))

    assert len(found) == 8
    assert all(node["additionalProperties"] is False for node in found)
    assert all(node["required"] == list(node["properties"]) for node in found)


@pytest.mark.parametrize(
    "wrap",
    ["{}", "  {}\n", "```json\n{}\n```", "Here it is:\n```\n{}\n```\nGood luck!", "Sure! {} That is all.",
     "<think>maybe {\"n\": 1}?</think>\n{}"],
)  # fmt: skip
def test_an_object_is_found_whatever_stands_around_it(wrap):
    assert parse_object(wrap.replace("{}", '{"a": {"b": [1]}}')) == {"a": {"b": [1]}}


@pytest.mark.parametrize(
    "text",
    ["", "no", "[1, 2]", "{", "}{", '{"a": NaN}', '{"a": Infinity}', "{'a': 1}", '{"a": 1}}', "{" * 9000 + "}" * 9000],
)
def test_what_is_no_object_is_a_bad_answer(text):
    with pytest.raises(BadAnswer):
        parse_object(text)


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (["means", "Active", "Week 4", "systolic"], 700, r"means\.Active\.Week 4\.systolic: got 700"),
        (["means", "Active", "Week 4", "systolic"], "high", "systolic: got 'high'"),
        (["means", "Active", "Week 4", "systolic"], 90, "must exceed diastolic by 15"),
        (["means", "Active", "Week 4"], None, "exactly .*Week 4"),
        (["means", "Placebo"], None, r"means: has the arms \['Active'\]"),
        (["means", "Third"], GOOD["means"]["Active"], "has the arms .*Third"),
        (["standard_deviations", "heart_rate"], 0, "heart_rate: got 0"),
        (["between_subject_share", "systolic"], 1.2, "between_subject_share.systolic: got 1.2"),
        (["pressure_correlation"], 1, "pressure_correlation: got 1"),
        (["pressure_correlation"], None, "pressure_correlation: .*required"),
        (["retention", "Active"], 1.5, "retention.Active: got 1.5"),
        (["age", "youngest"], 60, "the mean 58 must lie between youngest 60"),
        (["age", "oldest"], 70.5, "age.oldest: got 70.5"),
        (["share_of_women"], 10**400, "share_of_women: got"),
        (["note"], "I chose these", "note: unknown key"),
    ],
)  # fmt: skip
def test_what_no_trial_has_is_refused_by_name(path, value, said):
    with pytest.raises(BadAnswer, match=said):
        read(changed(path, value))


def test_means_lie_inside_the_ranges_that_were_asked_for():
    spec = VitalsSpec(method="llm", ranges={"systolic": (140, 200)})

    with pytest.raises(BadAnswer, match="systolic: got 136; must lie inside 140"):
        read(GOOD, spec)


@given(JSON)
def test_anything_else_is_a_bad_answer_and_never_a_crash(found):
    with pytest.raises(BadAnswer):
        read(json.dumps(found))


@given(
    path=st.sampled_from(
        [["age", "mean"], ["share_of_women"], ["retention", "Active"], ["means"], ["means", "Active"]]
    ),
    value=JSON.filter(lambda value: value is not None),
)
def test_a_wrong_value_anywhere_is_let_in_only_within_its_bounds(path, value):
    try:
        found = read(changed(path, value))
    except BadAnswer:
        return

    assert 40 <= found.age.mean <= 80
    assert 0 <= found.share_of_women <= 1
    assert 0.05 <= found.retention["Active"] <= 1


def test_the_model_has_the_proposed_moments():
    model = model_of(Blueprint.model_validate(GOOD), SPEC, "a source")
    between, within = np.array(model.between), np.array(model.within)
    total = between + within

    assert np.allclose(np.sqrt(np.diag(total)), [16, 10, 9.5, 0.4])
    assert np.allclose(np.diag(between) / np.diag(total), [0.6, 0.55, 0.5, 0.45])
    for level in (between, within):
        assert np.isclose(level[0, 1] / np.sqrt(level[0, 0] * level[1, 1]), 0.5)
    assert model.means["Active"]["Week 4"] == (136.0, 79.0, 71.0, 36.6)
    kept = {"Screening": 1.0, "Day 1": 1.0, "Week 4": 0.894427, "Week 12": 0.8}
    assert model.dropout.retention == {"Active": kept, "Placebo": kept}
    assert (model.people.age_mean, model.people.age_range, model.people.female) == (58.0, (40, 80), 0.45)
    assert (model.source, model.visit_days) == ("a source", (-14, 1, 28, 84))
