"""A million payments inside the bands of published statistics, with a stated margin.

All bands are about the default spec. Their ends may be passed by 5 % of their size: a million rows of one seed are one
sample of what a band is about.
"""

from __future__ import annotations

import numpy as np
import pytest

MARGIN = 0.05
SHOPS = "channel <> 'ATM'"
TILLS = "channel <> 'ONLINE'"

BANDS = {
    # name: (query, (low, high) of each value)
    "ticket of fraud over honest ticket": (
        "SELECT avg(dollars) FILTER (label_fraud) / avg(dollars) FILTER (NOT label_fraud) FROM facts",
        (1.5, 3.0),
    ),
    "lower quartile of fraud over the honest median": (
        """SELECT quantile_cont(dollars, 0.25) FILTER (label_fraud) / median(dollars) FILTER (NOT label_fraud)
           FROM facts""",
        (0.0, 1.0),
    ),
    "remote share of the value of fraud": (
        "SELECT sum(dollars) FILTER (channel = 'ONLINE') / sum(dollars) FROM facts WHERE label_fraud",
        (0.66, 0.88),
    ),
    "foreign share of value": ("SELECT sum(dollars) FILTER (foreign_shop) / sum(dollars) FROM facts", (0.06, 0.12)),
    "foreign share of the value of fraud": (
        "SELECT sum(dollars) FILTER (foreign_shop) / sum(dollars) FROM facts WHERE label_fraud",
        (0.55, 0.72),
    ),
    "risk abroad over risk at home": (
        """SELECT avg(label_fraud::INT) FILTER (foreign_shop) / avg(label_fraud::INT) FILTER (NOT foreign_shop)
           FROM facts""",
        (8, 20),
    ),
    "mean ticket in the United States": (
        f"SELECT avg(dollars) FROM facts WHERE {SHOPS} AND home = 'US' AND merchant_country = 'US'",
        (40, 50),
    ),
    "median ticket in the United States": (
        f"SELECT median(dollars) FROM facts WHERE {SHOPS} AND home = 'US' AND merchant_country = 'US'",
        (18, 26),
    ),
    "spread of tickets": (
        f"SELECT sqrt(2 * ln(avg(dollars) / median(dollars))) FROM facts WHERE {SHOPS} AND merchant_country = 'US'",
        (1.1, 1.35),
    ),
    "tickets below 10 dollars": (
        f"SELECT avg((dollars < 10)::INT) FROM facts WHERE {SHOPS} AND home = 'US' AND merchant_country = 'US'",
        (0.22, 0.33),
    ),
    "remote share of rows": ("SELECT avg((channel = 'ONLINE')::INT) FROM facts", (0.32, 0.40)),
    "remote share of value": (
        "SELECT sum(dollars) FILTER (channel = 'ONLINE') / sum(dollars) FROM facts",
        (0.40, 0.50),
    ),
    "remote ticket over mean ticket": (
        "SELECT avg(dollars) FILTER (channel = 'ONLINE') / avg(dollars) FROM facts",
        (1.15, 1.40),
    ),
    "largest over median grocery ticket": (
        "SELECT max(dollars) / median(dollars) FROM facts WHERE mcc_code IN ('5411', '5499')",
        (50, np.inf),
    ),
    "payments of an active card in a month": (
        "SELECT count(*) / count(DISTINCT card_pan_hash) * 30 / count(DISTINCT day) FROM facts",
        (25, 40),
    ),
    "share of withdrawals": ("SELECT avg((channel = 'ATM')::INT) FROM facts", (0.05, 0.07)),
    "share of cards that act": (
        "SELECT (SELECT count(DISTINCT card_pan_hash) FROM facts) / (SELECT count(*) FROM cards)",
        (0.60, 0.72),
    ),
    "share of honest standing payments": ("SELECT avg(is_recurring::INT) FROM facts", (0.03, 0.12)),
    "tills between 02 and 05 o'clock": (
        f"SELECT avg((hour(local_time) BETWEEN 2 AND 4)::INT) FROM facts WHERE {TILLS}",
        (0.005, 0.03),
    ),
    "value of Saturday, 10 to 17 o'clock, of the week's": (
        """SELECT sum(v) FILTER (d = 6 AND h BETWEEN 10 AND 16) / sum(v) FROM (
             SELECT isodow(local_time) AS d, hour(local_time) AS h, sum(dollars) / count(DISTINCT local_time::DATE) AS v
             FROM facts GROUP BY ALL)""",
        (0.09, 0.14),
    ),
    "frauds from 00 to 05 over honest rows then": (
        """SELECT avg((hour(local_time) < 5)::INT) FILTER (label_fraud)
                  / avg((hour(local_time) < 5)::INT) FILTER (NOT label_fraud) FROM facts""",
        (1.5, 5),
    ),
    "frauds from 00 to 05": ("SELECT avg((hour(local_time) < 5)::INT) FROM facts WHERE label_fraud", (0.0, 0.35)),
    "chip and contactless in the United States": (
        f"SELECT avg((pos_entry_mode <> 'MAGSTRIPE')::INT) FROM facts WHERE {TILLS} AND merchant_country = 'US'",
        (0.87, 0.92),
    ),
    "chip and contactless in Europe": (
        f"""SELECT avg((pos_entry_mode <> 'MAGSTRIPE')::INT) FROM facts
            WHERE {TILLS} AND merchant_country IN ('DE', 'FR', 'IT')""",
        (0.99, 1.0),
    ),
    "contactless in Europe": (
        """SELECT avg((pos_entry_mode = 'NFC')::INT) FROM facts
           WHERE channel = 'IN_STORE' AND merchant_country IN ('DE', 'FR')""",
        (0.60, 0.90),
    ),
    "stripes among frauds at tills over stripes at tills": (
        f"""SELECT avg(stripe) FILTER (label_fraud) / avg(stripe)
            FROM (SELECT label_fraud, (pos_entry_mode = 'MAGSTRIPE')::INT AS stripe FROM facts WHERE {TILLS})""",
        (5, np.inf),
    ),
    "frauds on a card's bad day": (
        """SELECT avg(n) FROM (SELECT count(*) AS n FROM facts
           WHERE label_fraud AND scenario IN ('stolen_credentials', 'card_testing', 'lost_stolen')
           GROUP BY card_pan_hash, day)""",
        (2, 5),
    ),
    "prices that end on .00, .50, .95 or .99": (
        f"""SELECT avg((amount % 100 IN (0, 50, 95, 99))::INT) FROM facts WHERE {SHOPS} AND currency_code = 'USD'""",
        (0.25, 0.65),
    ),
    "withdrawals of whole tens": (
        "SELECT avg((amount % 1000 = 0)::INT) FROM facts WHERE channel = 'ATM' AND currency_code IN ('USD', 'EUR')",
        (0.95, 1.0),
    ),
    "busiest hour of the week at tills, hours after Saturday 11": (
        f"""SELECT ((isodow(local_time) - 1) * 24 + hour(local_time)) - 131 FROM facts WHERE {TILLS}
            GROUP BY 1 ORDER BY count(*) / count(DISTINCT local_time::DATE) DESC LIMIT 1""",
        (0, 2),
    ),
}


@pytest.mark.parametrize("name", BANDS)
def test_inside_the_band(name, one):
    query, (low, high) = BANDS[name]
    (value,) = one(query)

    assert low * (1 - MARGIN) <= value <= high * (1 + MARGIN)


def test_amounts_of_fraud_overlap_honest_ones(data):
    found = data.execute("SELECT ln(dollars) AS size, label_fraud FROM facts").fetchnumpy()
    edges = np.histogram_bin_edges(found["size"], 60)
    shares = [
        np.histogram(found["size"][found["label_fraud"] == fraud], edges)[0] / (found["label_fraud"] == fraud).sum()
        for fraud in (True, False)
    ]

    assert np.minimum(*shares).sum() >= 0.55


def test_the_tail_of_grocery_tickets_is_heavy(data):
    tickets = data.execute(
        "SELECT dollars FROM facts WHERE mcc_code IN ('5411', '5499') ORDER BY dollars DESC"
    ).fetchnumpy()["dollars"]
    top = len(tickets) // 10
    exponent = 1 / np.mean(np.log(tickets[:top] / tickets[top]))

    assert 2.0 * (1 - MARGIN) <= exponent <= 3.2 * (1 + MARGIN)


def test_first_digits_follow_benford(data):
    digits = data.execute(
        f"SELECT left(amount::VARCHAR, 1)::INT AS d FROM facts WHERE {SHOPS} AND NOT is_recurring"
    ).fetchnumpy()["d"]
    share = np.bincount(digits, minlength=10)[1:] / len(digits)

    # The published limit of conformity is 0.006; many price levels laid over each other are held to twice that.
    assert np.abs(share - np.log10(1 + 1 / np.arange(1, 10))).mean() < 0.012


def test_cards_are_unequal_and_merchants_follow_zipf(data):
    cards = np.sort(data.execute("SELECT count(*) AS n FROM facts GROUP BY card_pan_hash").fetchnumpy()["n"])
    n = len(cards)
    gini = (2 * np.arange(1, n + 1) - n - 1) @ cards / (n * cards.sum())
    shops = data.execute(
        """SELECT count(*) AS n, count(DISTINCT customer_id) AS people, sum(dollars) AS sales FROM facts
           GROUP BY merchant_id ORDER BY n DESC"""
    ).fetchnumpy()
    rank = np.unique(np.geomspace(10, min(10_000, len(shops["n"])), 60).astype(int))
    slope = -np.polyfit(np.log(rank), np.log(shops["n"][rank - 1]), 1)[0]
    explained = np.corrcoef(np.log(shops["people"]), np.log(shops["sales"]))[0, 1] ** 2

    assert 0.45 <= gini <= 0.70
    assert 0.8 * (1 - MARGIN) <= slope <= 1.2 * (1 + MARGIN)
    assert explained >= 0.7 * (1 - MARGIN)


def test_a_shop_s_best_customers_bring_most_of_its_sales(data):
    quarter, few = data.execute(
        """WITH shop AS (SELECT merchant_id FROM facts WHERE channel = 'IN_STORE'
                         GROUP BY 1 ORDER BY count(*) DESC LIMIT 200),
                spent AS (SELECT merchant_id, sum(dollars) AS v FROM facts SEMI JOIN shop USING (merchant_id)
                          GROUP BY merchant_id, customer_id),
                ranked AS (SELECT merchant_id, v, cume_dist() OVER (PARTITION BY merchant_id ORDER BY v DESC) AS place
                           FROM spent)
           SELECT median(a), median(b) FROM (
             SELECT sum(v) FILTER (place <= 0.25) / sum(v) AS a, sum(v) FILTER (place <= 0.02) / sum(v) AS b
             FROM ranked GROUP BY merchant_id)"""
    ).fetchone()

    assert 0.65 * (1 - MARGIN) <= quarter <= 0.85
    assert 0.12 * (1 - MARGIN) <= few <= 0.28


def test_the_week_has_a_peak_and_a_trough(data):
    for where in (TILLS, "true"):
        hours = data.execute(
            f"""SELECT (isodow(local_time) - 1) * 24 + hour(local_time) AS h,
                       count(*) / count(DISTINCT local_time::DATE) AS n
                FROM facts WHERE {where} GROUP BY 1 ORDER BY 1"""
        ).fetchnumpy()["n"]
        assert 15 <= hours.max() / hours.min() <= 80 * (1 + MARGIN)
        assert hours.argmin() in range(1, 6), "the quietest hour lies early on Monday"


def test_a_holiday_and_black_friday_show(data):
    days = {
        day: (here, there)
        for day, here, there in data.execute(
            """SELECT day::VARCHAR, count(*) FILTER (home = 'US'), count(*) FILTER (home <> 'US')
               FROM facts GROUP BY 1"""
        ).fetchall()
    }
    usual = np.median([sum(days[f"2025-11-{day:02}"]) for day in (7, 14, 21)])
    thanksgiving, thursday = days["2025-11-27"], days["2025-11-20"]

    assert len(days) == 30
    assert 1.25 <= sum(days["2025-11-28"]) / usual <= 1.6
    assert 0.75 <= thanksgiving[0] / thursday[0] / (thanksgiving[1] / thursday[1]) <= 0.9
