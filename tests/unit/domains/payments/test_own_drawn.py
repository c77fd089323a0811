"""What a user's files do not say: it is drawn, and agrees with what they do say."""

from __future__ import annotations

import math
import random

import numpy as np
import polars as pl

import rowmill
from rowmill.domains.payments.own.reading import load_own
from rowmill.domains.payments.reference import load
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.model.inputs import inputs_of
from support.own_files import SPEC, rows_of, table


def test_ids_may_be_as_large_as_the_limits(tmp_path):
    people = [{"customer_id": (1 << 34) - i, "country": "DE"} for i in range(50)]
    cards = [{"card_id": (1 << 36) - i, "customer_id": (1 << 34) - i, "card_pan_hash": f"{i:064x}"} for i in range(50)]
    shops = [{**shop, "merchant_id": (1 << 48) - i} for i, shop in enumerate(rows_of()["merchants"])]
    rows = {"customers": people, "cards": cards, "merchants": shops}
    data = rowmill.dataset("payments", inputs={n: table(tmp_path / f"{n}.csv", r) for n, r in rows.items()}, **SPEC)
    frame = data["transactions"].to_polars()

    assert frame["transaction_id"].n_unique() == 12_000
    assert frame["transaction_id"].min() >= 0
    assert frame["customer_id"].max() <= 1 << 34
    assert frame["merchant_id"].is_in([shop["merchant_id"] for shop in shops]).all()


def test_tills_keep_their_ids_when_a_merchant_joins(tmp_path):
    rows = rows_of()["merchants"]
    shops = [{**shop, "merchant_id": 100 + i} for i, shop in enumerate(rows)]
    more = [{**rows[0], "merchant_id": 1}, *shops]
    tills = []
    for name, merchants in (("few", shops), ("more", more)):
        data = rowmill.dataset("payments", inputs={"merchants": table(tmp_path / f"{name}.csv", merchants)}, **SPEC)
        frame = data["transactions"].to_polars().filter(pl.col("device_type") == "POS").drop_nulls("device_id")
        tills.append(frame.group_by("merchant_id").agg(pl.col("device_id").unique()))
    shared = tills[0].join(tills[1], on="merchant_id")
    common = shared.select(pl.col("device_id").list.set_intersection("device_id_right").list.len())

    assert shared.height > 10
    assert (common.to_series() > 0).mean() > 0.9


def test_far_ids_share_no_card_number(tmp_path):
    turn = 10**10
    people = [{"customer_id": 7 + i * turn // 4, "country": "DE"} for i in range(6)]
    cards = [{"card_id": 7 + i * turn, "customer_id": 7, "card_scheme": "VISA"} for i in range(6)]
    made = rowmill.dataset("payments", inputs={"customers": table(tmp_path / "p.csv", people)}, **SPEC)
    given = rowmill.dataset(
        "payments", inputs={"cards": table(tmp_path / "c.csv", cards)}, sizes={"customers": 9}, **SPEC
    )

    for data in (made, given):
        frame = data["cards"].to_polars()
        assert frame["card_pan_hash"].n_unique() == frame.height >= 6
        assert data["transactions"].to_polars()["card_pan_hash"].is_in(frame["card_pan_hash"].implode()).all()


def test_cards_of_customers_that_are_made(tmp_path):
    cards = [{"card_id": 10 + i, "customer_id": 1 + i % 90} for i in range(200)]
    data = rowmill.dataset(
        "payments", inputs={"cards": table(tmp_path / "c.csv", cards)}, sizes={"customers": 100}, **SPEC
    )
    joined = data["transactions"].to_polars().join(data["cards"].to_polars(), on=["card_pan_hash", "customer_id"])

    assert joined.height == 12_000
    assert data["customers"].to_polars().height == 100
    assert set(joined["card_id"]) <= {card["card_id"] for card in cards}
    assert data["cards"].to_polars()["bin8"].null_count() == 0


def test_a_card_that_expired_before_the_period_is_renewed(tmp_path):
    cards = [
        {
            "card_id": i,
            "customer_id": 1 + i % 50,
            "card_exp_year": 2024 if i % 2 else "",
            "card_exp_month": 3 if i % 2 else "",
        }
        for i in range(1, 120)
    ]
    data = rowmill.dataset(
        "payments", inputs={"cards": table(tmp_path / "c.csv", cards)}, sizes={"customers": 50}, **SPEC
    )
    frame = data["transactions"].to_polars().select(pl.col("card_exp_year"), pl.col("card_exp_month"))
    of_odd = data["cards"].to_polars().filter(pl.col("card_id") % 2 == 1)

    assert (frame["card_exp_year"].cast(int) * 12 + frame["card_exp_month"].cast(int)).min() >= 2025 * 12 + 11
    assert set(of_odd["card_exp_month"]) == {3}
    assert set(of_odd["card_exp_year"]) == {2027, 2028, 2029}


def test_people_buy_what_the_merchants_sell(tmp_path):
    country = {"merchant_country": "DE", "latitude": 48.1, "longitude": 11.6}
    shops = [
        {"merchant_id": 9 + i, "mcc_code": code, **country, "is_online": False}
        for i, code in enumerate(("5411", "5813"))
    ]
    data = rowmill.dataset("payments", inputs={"merchants": table(tmp_path / "m.csv", shops)}, **SPEC)
    frame = data["transactions"].to_polars()
    usual = frame.filter(~pl.col("is_recurring") & ~pl.col("label_fraud"))
    mean = usual.group_by("mcc_code").agg(pl.col("amount").median()).drop_nulls().sort("mcc_code")["amount"].to_list()

    assert set(frame["mcc_code"].drop_nulls()) == {"5411", "5813"}
    assert set(frame["currency_code"]) == {"EUR"}
    assert (usual["channel"] == "IN_STORE").mean() > 0.9
    assert mean[0] > 1.3 * mean[1]
    assert set(frame["merchant_id"]) == {9, 10}


def _miles(a, b):
    (north, east), (north2, east2) = (tuple(map(math.radians, place)) for place in (a, b))
    half = math.sin((north2 - north) / 2) ** 2 + math.cos(north) * math.cos(north2) * math.sin((east2 - east) / 2) ** 2
    return 2 * 3959 * math.asin(min(1.0, math.sqrt(half)))


def test_a_place_belongs_to_the_nearest_city_of_its_country(tmp_path):
    reference, rng = load(), random.Random(3)
    people = []
    for i in range(300):
        at = rng.randrange(len(reference.cities))
        north, east = (
            reference.city_latitude[at] / 1e6 + rng.gauss(0, 2),
            reference.city_longitude[at] / 1e6 + rng.gauss(0, 2),
        )
        country = reference.countries[reference.city_country[at]]
        people.append(
            {"customer_id": i + 1, "country": country, "latitude": max(-85, min(85, north)), "longitude": east}
        )
    people = [{**person, "longitude": (person["longitude"] + 180) % 360 - 180} for person in people]
    own = load_own(PaymentsSpec(), inputs_of({"customers": table(tmp_path / "p.csv", people)}))[1].customers

    for person, city in zip(people, own.city.tolist(), strict=True):
        place = person["latitude"], person["longitude"]
        here = np.flatnonzero(reference.city_country == reference.countries.index(person["country"]))
        miles = {
            at: _miles(place, (reference.city_latitude[at] / 1e6, reference.city_longitude[at] / 1e6))
            for at in here.tolist()
        }
        assert miles[city] <= 1.06 * min(miles.values())


def test_a_city_is_known_by_name_and_a_missing_one_is_drawn_in_the_country(tmp_path):
    people = [{"customer_id": i, "country": "DE", "city": ("Berlin", "hamburg", "")[i % 3]} for i in range(1, 301)]
    data = rowmill.dataset("payments", inputs={"customers": table(tmp_path / "p.csv", people)}, **SPEC)
    frame = data["customers"].to_polars().sort("customer_id")

    assert set(frame.filter(pl.col("customer_id") % 3 == 0)["city"]) == {"Berlin"}
    assert set(frame.filter(pl.col("customer_id") % 3 == 1)["city"]) == {"Hamburg"}
    assert frame.filter(pl.col("customer_id") % 3 == 2)["city"].n_unique() > 3
    assert set(frame["country"]) == {"DE"}
    assert set(frame["time_zone"]) == {"Europe/Berlin"}
