"""Prototypes: which rows are let in, how many are asked for, and what comes of them."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

import rowmill
from rowmill.core.errors import EndpointError, SpecError, UsageError
from rowmill.domains.vitals.llm.proposal import propose
from rowmill.domains.vitals.llm.rows import model_of, read_subjects, subjects_schema, wanted_rows
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.llm.answers import BadAnswer
from rowmill.llm.settings import LlmSettings
from support.chat import completion, says, send, subjects

SPEC = VitalsSpec(method="llm", visits=[{"name": "Day 1", "day": 1, "dosed": False}, {"name": "Day 8", "day": 8}])
READING = [130, 80, 70, 36.5]


def answer(*readings):
    return json.dumps({"subjects": [{"readings": list(each)} for each in readings]})


@pytest.fixture
def proposed(chat):
    """Return a function that asks for rows and returns the spec and the line about it."""

    def ask(spec=SPEC, **settings):
        given = {"endpoint": chat.url, "model": "model-x", "mode": "rows", "rows": 80, "cache": "none", **settings}
        return propose(spec, LlmSettings.model_validate(given), {"OPENAI_API_KEY": "sk-canary-7f3a91c05be2"})

    return ask


def test_valid_subjects_are_kept_and_others_left_out():
    other = [READING, [131, 81, 71, 36.6]]
    found = read_subjects(
        answer([READING, READING], [READING], [READING, [90, 88, 70, 36.5]], other, [READING, READING]), SPEC
    )

    assert found == [(tuple(READING), tuple(READING)), tuple(map(tuple, other))]
    assert read_subjects(answer(other, [READING, READING]), SPEC, frozenset(found[:1])) == found[1:]


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        ([300, 80, 70, 36.5], "SystolicBP 300 lies outside 60 … 260"),
        ([130, 80, 10, 36.5], "HeartRate 10 lies outside"),
        ([130, 80, 70, 97.7], "Temperature 97.7 lies outside"),
        ([84, 80, 70, 36.5], "systolic 84 must exceed diastolic 80 by 5"),
        ([130.5, 80, 70, 36.5], "whole numbers"),
        ([130, 80, 70, 36.505], "two decimals"),
        ([130, 80, 70], "four numbers"),
        ([130, 80, 70, "36.5"], "four numbers"),
        ([130, 80, True, 36.5], "four numbers"),
        ([10**4000, 80, 70, 36.5], "four numbers"),
        ([float("1e999"), 80, 70, 36.5], "no number of JSON"),
        ("130/80", "four numbers"),
    ],
)
def test_a_reading_that_breaks_a_rule_is_refused_with_the_rule(reading, said):
    with pytest.raises(BadAnswer, match=said):
        read_subjects(answer([READING, reading]), SPEC)


@pytest.mark.parametrize(
    "text", ['{"subjects": []}', '{"subjects": {}}', "{}", '{"subjects": [1]}', '{"subjects": [], "more": 1}',
             '{"subjects": [{"readings": 3}]}', '{"subjects": [{"readings": [], "name": "Ann"}]}']
)  # fmt: skip
def test_what_is_no_list_of_subjects_is_refused(text):
    with pytest.raises(BadAnswer):
        read_subjects(text, SPEC)


def test_the_schema_is_one_and_takes_good_subjects():
    schema = subjects_schema(2)
    Draft202012Validator.check_schema(schema)

    Draft202012Validator(schema).validate(json.loads(answer([READING, READING])))


def test_rows_too_few_for_the_trial_or_too_many_for_the_caps_are_refused_before_asking():
    with pytest.raises(UsageError, match=r"--llm-rows 30: 7 subjects for each arm; 10 are needed.*40 rows"):
        wanted_rows(SPEC, 30, 20)
    with pytest.raises(UsageError, match=r"takes 10 requests or more, --max-requests allows 9"):
        wanted_rows(SPEC, 200, 9)


def test_as_many_subjects_are_asked_for_as_there_are_rows(proposed, chat):
    spec, note = proposed()

    assert {arm: len(found) for arm, found in spec.prototypes.items()} == {"Active": 20, "Placebo": 20}
    assert len(set(spec.prototypes["Active"] + spec.prototypes["Placebo"])) == 40
    assert len(chat.requests) == 4
    assert note == "rows by model-x: 4 requests, 4,400 tokens"
    assert "model-x" in spec.model.source
    assert "invented" in spec.model.source


def test_what_is_missing_is_asked_for_again(proposed, chat):
    def half(handler, body):
        found = subjects(body)["subjects"]
        found[::2] = [{"readings": [[300, 80, 70, 36.5]] * 2} for _ in found[::2]]
        send(handler, 200, completion(json.dumps({"subjects": found})))

    chat.plan = [half, half]
    spec, _ = proposed()

    assert [len(found) for found in spec.prototypes.values()] == [20, 20]
    assert len(chat.requests) == 5
    assert [prompt.count("\n- systolic percentile") for prompt in chat.prompts] == [10, 10, 10, 10, 10]


def test_a_model_that_repeats_one_subject_is_given_up(proposed, chat):
    chat.usual = says(answer([READING, [131, 81, 71, 36.6]]))

    with pytest.raises(EndpointError, match="same as another one"):
        proposed()


def test_a_vital_sign_that_never_varies_is_refused(proposed, chat):
    def flat(handler, body):
        found = subjects(body)["subjects"]
        for subject in found:
            subject["readings"] = [[*reading[:3], 36.5] for reading in subject["readings"]]
        send(handler, 200, completion(json.dumps({"subjects": found})))

    chat.usual = flat

    with pytest.raises(EndpointError, match="Temperature is the same for all subjects"):
        proposed()


@given(st.integers(0, 2**32))
def test_moments_of_prototypes_come_near_those_they_were_drawn_from(seed):
    draw = np.random.default_rng(seed)
    level = draw.normal(0, [12, 7, 7, 0.3], (2, 400, 1, 4))
    values = np.array([136, 79, 71, 36.6]) + level + draw.normal(0, [10, 6, 6, 0.2], (2, 400, 2, 4))
    people = {arm: tuple(tuple(map(tuple, one)) for one in values[a].tolist()) for a, arm in enumerate(SPEC.arms)}
    found = model_of(people, SPEC, "")
    means = [found.means[arm][visit] for arm in SPEC.arms for visit in ("Day 1", "Day 8")]

    assert np.allclose(np.sqrt(np.diag(found.between)), [12, 7, 7, 0.3], rtol=0.2)
    assert np.allclose(np.sqrt(np.diag(found.within)), [10, 6, 6, 0.2], rtol=0.15)
    assert np.allclose(means, values.mean(1).reshape(4, 4), atol=1e-3)


@pytest.mark.parametrize("effect", [None, 3.0])
def test_resampled_prototypes_keep_their_spread_and_meet_the_effect(proposed, effect):
    spec, _ = proposed(
        SPEC.model_copy(update={"target_effect": effect, "subjects_per_arm": 20_000, "seed": 5}), rows=160
    )
    rows = rowmill.dataset("vitals", spec)["vitals"].to_polars()
    last = rows.filter(pl.col("VisitName") == "Day 8")
    mean = {arm: last.filter(pl.col("TreatmentArm") == arm)["SystolicBP"].mean() for arm in SPEC.arms}

    assert rows.height == 80_000
    assert abs(mean["Active"] - mean["Placebo"] - (-5 if effect is None else effect)) < 0.5
    assert abs(last["SystolicBP"].std() - np.sqrt(spec.model.between[0][0] + spec.model.within[0][0])) < 1.5


@pytest.mark.parametrize(
    ("prototypes", "said"),
    [
        ({"Active": [[READING] * 2]}, "some for each of Active, Placebo"),
        ({"Active": [], "Placebo": [[READING] * 2]}, "some for each of"),
        ({"Active": [[READING]], "Placebo": [[READING] * 2]}, "Active: subject 1: has 1 visits; 2 are needed"),
        ({"Active": [[READING] * 2] * 900, "Placebo": [[READING] * 2] * 200}, "more than 2000 rows"),
        (
            {"Active": [[READING] * 2], "Placebo": [[READING, [82, 80, 70, 36]]]},
            "Placebo: subject 1: visit 2: systolic",
        ),
    ],
)
def test_prototypes_of_a_configuration_obey_the_same_rules(prototypes, said):
    with pytest.raises(SpecError, match=said):
        rowmill.dataset("vitals", method="llm", visits=SPEC.visits, prototypes=prototypes)
