from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError, model_validator

from rowmill.core.errors import SpecError
from rowmill.model.spec import MAX_SEED, Section, Spec, nearest, validate


class Noise(Section):
    device: float = Field(default=0.08, ge=0, le=1)
    mcc: float = Field(default=0.05, ge=0, le=1)


class Shop(Spec):
    rows: int = Field(default=1_000, ge=0)
    start: dt.date = dt.date(2025, 11, 1)
    end: dt.date = dt.date(2025, 11, 30)
    noise: Noise = Noise()
    weights: tuple[float, ...] = (1.0, 2.0)

    @model_validator(mode="after")
    def _ordered(self):
        if self.end < self.start:
            raise ValueError(f"data.end: got {self.end}, which is before data.start {self.start}; swap them")
        return self


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"row": 5}, "data.row: unknown key; did you mean 'rows'?"),
        ({"noise": {"devise": 0.1}}, "data.noise.devise: unknown key; did you mean 'device'?"),
        ({"zzz": 5}, "data.zzz: unknown key; known: end, noise, rows, seed, start, weights"),
        ({"rows": -1}, "data.rows: got -1; input should be greater than or equal to 0"),
        ({"rows": 1.5}, "data.rows: got 1.5; input should be a valid integer, got a number with a fractional part"),
        ({"noise": {"mcc": 2}}, "data.noise.mcc: got 2; input should be less than or equal to 1"),
        ({"noise": {"mcc": float("nan")}}, "data.noise.mcc: got nan; input should be a finite number"),
        ({"weights": [1, "x"]}, "data.weights.1: got 'x'; input should be a valid number, unable to parse"),
        ({"seed": MAX_SEED + 1}, f"data.seed: got {MAX_SEED + 1}; input should be less than or equal to {MAX_SEED}"),
        ({"seed": -1}, "data.seed: got -1; input should be greater than or equal to 0"),
        (
            {"start": "2025-12-01", "end": "2025-11-01"},
            "data.end: got 2025-11-01, which is before data.start 2025-12-01; swap them",
        ),
    ],
)
def test_an_error_names_key_value_rule_and_fix_in_one_line(values, message):
    with pytest.raises(SpecError) as caught:
        validate(Shop, values, "data")

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_at_most_three_errors_are_told_one_a_line():
    with pytest.raises(SpecError) as caught:
        validate(Shop, {"rows": -1, "seed": -1, "x": 1, "y": 2, "z": 3}, "data")

    assert len(str(caught.value).splitlines()) == 3


def test_a_spec_is_frozen_all_the_way_down():
    spec = validate(Shop, {"noise": {"device": 0.2}}, "data")

    with pytest.raises(ValidationError, match="frozen"):
        spec.rows = 5
    with pytest.raises(ValidationError, match="frozen"):
        spec.noise.device = 0.5


def test_a_seed_is_kept_or_drawn_once():
    assert Shop(seed=0).seeded().seed == 0
    drawn = {Shop().seeded().seed for _ in range(20)}

    assert len(drawn) > 15
    assert all(0 <= seed <= MAX_SEED for seed in drawn)


def test_equal_specs_have_equal_text_however_they_were_written():
    written = validate(Shop, {"seed": 1, "start": "2025-11-01", "noise": {"mcc": 0.05}}, "data")

    assert written.canonical() == Shop(seed=1).canonical()
    assert Shop.model_validate_json(written.canonical()) == written
    assert written.canonical().isascii()


@given(st.integers(0, MAX_SEED), st.integers(0, 10**9), st.floats(0, 1))
def test_the_canonical_text_comes_back_as_the_same_spec(seed, rows, device):
    spec = Shop(seed=seed, rows=rows, noise=Noise(device=device))

    assert Shop.model_validate_json(spec.canonical()) == spec


def test_a_fingerprint_covers_domain_version_seed_and_every_field():
    base = Shop(seed=1)
    prints = [
        base.fingerprint("shop", "1"),
        base.fingerprint("shop", "2"),
        base.fingerprint("shops", "1"),
        Shop(seed=2).fingerprint("shop", "1"),
        Shop(seed=1, rows=1_001).fingerprint("shop", "1"),
        Shop(seed=1, noise=Noise(mcc=0.0501)).fingerprint("shop", "1"),
    ]

    assert len(set(prints)) == len(prints)
    assert prints[0] == Shop(seed=1, rows=1_000).fingerprint("shop", "1")
    assert prints[0] == hashlib.sha256(f"shop\n1\n{base.canonical()}".encode()).hexdigest()[:32]


def test_the_nearest_key_of_a_section_in_a_table_is_offered():
    class Shops(Spec):
        noises: dict[str, Noise] = Field(default_factory=dict)

    with pytest.raises(SpecError, match=r"data\.noises\.till\.devise: unknown key; did you mean 'device'\?"):
        validate(Shops, {"noises": {"till": {"devise": 0.1}}}, "data")


@pytest.mark.parametrize(
    ("received", "hint"),
    [
        ("fraud_rat", "did you mean 'fraud_rate'?"),
        ("qqqq", "known: fraud_rate, rows"),
        ("Rows", "did you mean 'rows'?"),
    ],
)
def test_the_nearest_name_is_offered(received, hint):
    assert nearest(received, ["rows", "fraud_rate"]) == hint


def test_nothing_known_is_said_so():
    assert nearest("x", []) == "known: none"
