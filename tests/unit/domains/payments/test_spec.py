"""The spec: what is left out follows from what is said, and what makes no sense is refused with its rule."""

from __future__ import annotations

import datetime as dt

import pytest

from rowmill.core.errors import SpecError
from rowmill.domains.payments import DOMAIN
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.model.spec import validate

NOVEMBER = (dt.date(2025, 11, 1), dt.date(2025, 11, 30))


@pytest.mark.parametrize(
    ("said", "period", "days"),
    [
        ({}, NOVEMBER, 30),
        ({"end": "2025-06-30"}, (dt.date(2025, 6, 1), dt.date(2025, 6, 30)), 30),
        ({"start": "2025-06-30"}, (dt.date(2025, 6, 30), dt.date(2025, 7, 29)), 30),
        ({"start": "2024-02-28", "end": "2024-03-01"}, (dt.date(2024, 2, 28), dt.date(2024, 3, 1)), 3),
        ({"start": "2025-06-30", "end": "2025-06-30"}, (dt.date(2025, 6, 30), dt.date(2025, 6, 30)), 1),
        ({"end": dt.date(2025, 6, 30)}, (dt.date(2025, 6, 1), dt.date(2025, 6, 30)), 30),
        ({"end": dt.datetime(2025, 6, 30, tzinfo=dt.UTC)}, (dt.date(2025, 6, 1), dt.date(2025, 6, 30)), 30),
        ({"rows_per_day": 5}, (NOVEMBER[0], None), None),
        ({"rows_per_day": 5, "start": "2020-05-01"}, (dt.date(2020, 5, 1), None), None),
    ],
)
def test_periods_fill_in_what_is_not_said(said, period, days):
    spec = PaymentsSpec.model_validate(said)

    assert (spec.start, spec.end) == period
    assert spec.period.count == days
    assert spec.rows == (None if "rows_per_day" in said else 1_000_000)


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"rows": 5, "rows_per_day": 5}, r"either closed \(rows\) or open \(rows_per_day\)"),
        ({"rows_per_day": 5, "end": "2025-11-30"}, "an open period has no end"),
        ({"start": "2025-11-30", "end": "2025-11-01"}, r"data\.end: got 2025-11-01, before start 2025-11-30"),
        ({"start": "2014-12-31", "end": "2015-01-31"}, r"calendars cover 2015-01-02 … 2040-12-30"),
        ({"end": "2040-12-31"}, "calendars cover"),
        ({"end": "yesterday"}, r"data\.end: got 'yesterday'"),
        ({"start": "2025-02-29"}, r"data\.start: got '2025-02-29'"),
        ({"end": 20251130}, r"data\.end: got 20251130"),
        ({"rows_per_day": 5, "start": []}, r"data\.start: got \[\]"),
        ({"rows": -1}, r"data\.rows: got -1"),
        ({"rows": 10**13}, r"data\.rows: got 10000000000000"),
        ({"fraud_rate": 1.5}, r"data\.fraud_rate: got 1\.5"),
        ({"fraud_rate": float("nan")}, r"data\.fraud_rate: got nan"),
        ({"frad_rate": 0.1}, "did you mean 'fraud_rate'"),
        ({"standing": {"cinema": 1.0}}, r"data\.standing: got kind 'cinema'"),
        ({"people": {"trip_days": [9, 2]}}, r"people\.trip_days: got 9, 2"),
        ({"fraud": {"scenarios": {"friendly": 0.0}}}, r"fraud\.scenarios"),
        ({"fraud": {"scenarios": {"friendly": -1.0}}}, r"fraud\.scenarios"),
        ({"amounts": {"endings": {"meal": {"nines": 1, "fives": 1, "halves": 0, "rounds": 0}}}}, "more than 1"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_rule(said, rule):
    with pytest.raises(SpecError, match=rule):
        validate(PaymentsSpec, said, "data")


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ({"sizes": {"customers": 3 * 10**9}}, r"data\.sizes\.customers: 3,000,000,000 customers"),
        ({"people": {"home_countries": {"ZZ": 1}}}, r"home_countries: got 'ZZ'"),
        ({"people": {"home_countries": {"US": 0}}}, "not all zero"),
        ({"fraud": {"scenarios": {"frendly": 1.0}}}, "did you mean 'friendly'"),
    ],
)
def test_what_cannot_be_built_is_refused_before_a_row_is_made(said, rule):
    with pytest.raises(SpecError, match=rule):
        DOMAIN.build(validate(PaymentsSpec, {"seed": 1, "rows": 10, **said}, "data"))


def test_the_order_of_keys_makes_no_other_spec():
    spec = PaymentsSpec(seed=1)
    data = spec.model_dump(mode="json")
    turned = {key: dict(reversed(value.items())) if isinstance(value, dict) else value for key, value in data.items()}

    assert PaymentsSpec.model_validate(turned) == spec
    assert list(PaymentsSpec.model_validate(turned).kinds) == sorted(data["kinds"])


@pytest.mark.parametrize("rate", [0.003, 0.1, 1 / 3, 1e-9])
def test_a_rate_is_the_decimal_that_was_written(rate):
    assert float(PaymentsSpec(fraud_rate=rate).rate) == rate
    assert PaymentsSpec(fraud_rate=0.003).rate * 1000 == 3
