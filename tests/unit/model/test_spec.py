from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError, model_validator

from rowmill.core.errors import SpecError
from rowmill.model.spec import MAX_SEED, Section, Spec, Weight, nearest, validate


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
        ({"zzz": 5}, "data.zzz: unknown key; known: end, inputs, noise, rows, seed, start, weights"),
        ({"rows": -1}, "data.rows: got -1; input should be greater than or equal to 0"),
        ({"rows": 1.5}, "data.rows: got 1.5; a whole number is needed"),
        ({"noise": {"mcc": 2}}, "data.noise.mcc: got 2; input should be less than or equal to 1"),
        ({"noise": {"mcc": float("nan")}}, "data.noise.mcc: got nan; a finite number is needed"),
        ({"weights": [1, "x"]}, "data.weights.1: got 'x'; a number is needed, such as 0.3"),
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


def test_ten_errors_are_told_one_a_line_and_how_many_more():
    with pytest.raises(SpecError) as caught:
        validate(Shop, {"rows": -1, "seed": -1, **{f"x{n}": n for n in range(11)}}, "data")

    lines = str(caught.value).splitlines()
    assert len(lines) == 11
    assert lines[-1] == "and 3 more"


@pytest.mark.parametrize(
    ("received", "known", "hint"),
    [
        ("amuont", ["amount", "channel"], "did you mean 'amount'?"),
        ("fraud", ["fraud_rate", "rows"], "did you mean 'fraud_rate'?"),
        ("colour", ["hour", "end"], "known: end, hour"),
        ("WEEK 99", ["WEEK 8", "BASELINE"], "known: BASELINE, WEEK 8"),
        ("XX", ["MX", "NO"], "known: MX, NO"),
        ("no", ["MX", "NO"], "did you mean 'NO'?"),
        ("x", [f"n{n:02}" for n in range(40)], f"known: {', '.join(f'n{n:02}' for n in range(30))} and 10 more"),
    ],
)
def test_a_name_is_meant_only_where_it_is_near(received, known, hint):
    assert nearest(received, known) == hint


def test_a_lacking_key_is_told_beside_an_unknown_one_that_is_not_near_it():
    class Till(Section):
        price: float
        name: str

    with pytest.raises(SpecError) as caught:
        validate(Till, {"nam": "x", "zzz": 1}, "data")

    told = str(caught.value).splitlines()
    assert told[0].startswith("data.nam: unknown key; did you mean 'name'?")
    assert told[1].startswith("data.zzz: unknown key")
    assert told[2] == "data: lacks price; give it"


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


class Place(Section):
    name: str
    size: Weight = 1.0
    spots: dict[int, float] = Field(default_factory=dict)


class Town(Spec):
    places: dict[str, Place] = Field(default_factory=lambda: {"market": Place(name="Market")})
    order: tuple[Place, ...] = Field(default=(), max_length=2)
    ranks: tuple[Place, ...] = Field(default=(Place(name="a"),), min_length=1)
    best: Place | None = None
    pair: tuple[float, float] = (1.0, 2.0)
    open: bool = True
    day: dt.date = dt.date(2025, 1, 1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"order": [{"nam": "a"}]}, "data.order.0.nam: unknown key; did you mean 'name'?"),
        ({"best": {"nam": "a"}}, "data.best.nam: unknown key; did you mean 'name'?"),
        ({"best": {"size": 1}}, "data.best: lacks name; give it"),
        ({"places": {"markt": {"size": 2}}}, "data.places.markt: lacks name; give it, or did you mean 'market'?"),
        ({"best": {"name": "a", "size": True}}, "data.best.size: got true; a number is needed"),
        ({"best": {"name": "a", "size": 1e-20}}, "data.best.size: got 1e-20; a weight is 0, or 1e-09 or more"),
        ({"best": {"name": "a", "spots": {"x": 1}}}, "data.best.spots: got the key 'x'; a whole number is needed"),
        ({"best": {"name": "a", "spots": {"1": 1, "01": 2}}}, "data.best.spots: got keys '1', '01'; two of them are"),
        ({"best": {"name": "a", "spots": {"1": False}}}, "data.best.spots.1: got false; a number is needed"),
        ({"best": {"name": "a", "spots": [1]}}, "data.best.spots: got [1]; keys with values are needed"),
        ({"best": "a"}, "data.best: got 'a'; keys with values are needed, such as {key: value}"),
        ({"best": {"name": 5}}, "data.best.name: got 5; text is needed"),
        ({"order": [{"name": "a"}] * 3}, "data.order: got 3 entries; at most 2 are needed"),
        ({"ranks": []}, "data.ranks: got 0 entries; at least 1 are needed"),
        ({"ranks": [{"name": 5}]}, "data.ranks.0.name: got 5; text is needed"),
        ({"pair": [1]}, "data.pair: got 1 values; 2 are needed"),
        ({"pair": "1,2"}, "data.pair: got '1,2'; a list is needed, such as [1, 2]"),
        ({"pair": [1, True]}, "data.pair.1: got true; a number is needed"),
        ({"open": "maybe"}, "data.open: got 'maybe'; true or false is needed"),
        ({"seed": True}, "data.seed: got true; a number is needed"),
        ({"seed": 10**40}, "data.seed: got 1000"),
        ({"seed": 10**4000}, "data.seed: got a number of 13288 bits; input should be less than or equal to"),
        ({"day": 1_735_689_600}, "data.day: got 1735689600; a date is written YYYY-MM-DD"),
        ({"day": "20251101"}, "data.day: got '20251101'; a date is written YYYY-MM-DD"),
        ({"day": "2025-02-30"}, "data.day: got '2025-02-30'; there is no such day"),
        ({"day": dt.datetime(2025, 1, 1, 12)}, "data.day: got datetime.datetime(2025, 1, 1, 12, 0); a day"),  # noqa: DTZ001
        ({"places": 300 * ["long text"]}, "data.places: got ['long text', 'long text', "),
    ],
)  # fmt: skip
def test_a_mistake_in_a_list_table_or_section_is_told_in_users_words(values, message):
    with pytest.raises(SpecError) as caught:
        validate(Town, values, "data")

    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_unknown_keys_are_told_before_those_that_are_missing():
    with pytest.raises(SpecError) as caught:
        validate(Town, {"order": [{}, {"size": -1}], "best": {"size": -1, "nam": "x"}, "pair": "x"}, "data")

    assert str(caught.value).splitlines()[0] == "data.best.nam: unknown key; did you mean 'name'?"


def test_a_day_may_be_a_date_an_instant_at_midnight_or_text():
    days = [dt.date(2025, 3, 1), dt.datetime(2025, 3, 1), "2025-03-01"]  # noqa: DTZ001

    assert {validate(Town, {"day": day}, "data").day for day in days} == {dt.date(2025, 3, 1)}
