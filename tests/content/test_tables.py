"""A million payments: files as declared, keys, links, and agreement of every row with the tables it refers to."""

from __future__ import annotations

import hashlib

import pyarrow.parquet as pq
import pytest

from laws.contents import build
from support.payments import people_of

FIELDS = [
    "transaction_id",
    "event_time",
    "local_time_offset",
    "amount",
    "currency_code",
    "card_pan_hash",
    "card_scheme",
    "card_exp_year",
    "card_exp_month",
    "customer_id",
    "merchant_id",
    "merchant_country",
    "mcc_code",
    "channel",
    "pos_entry_mode",
    "device_id",
    "device_type",
    "ip_address",
    "user_agent",
    "latitude",
    "longitude",
    "is_recurring",
    "previous_txn_id",
    "label_fraud",
]
LINKS = "transactions t LEFT JOIN"

NEVER = {
    "a link to another than the card's latest earlier payment": """
        SELECT count(*) FROM (
            SELECT previous_txn_id,
                   lag(transaction_id) OVER (PARTITION BY card_pan_hash ORDER BY event_time) AS latest
            FROM transactions
        ) WHERE previous_txn_id IS DISTINCT FROM latest""",
    "two payments of a card at the same instant": """
        SELECT count(*) - count(DISTINCT (card_pan_hash, event_time)) FROM transactions""",
    "an instant of the day that many payments share": """
        SELECT count(*) FROM (SELECT 1 FROM facts GROUP BY micros % 86_400_000_000 HAVING count(*) > 3)""",
    "an id twice": "SELECT count(*) - count(DISTINCT transaction_id) FROM transactions",
    "a label of an id twice": "SELECT count(*) - count(DISTINCT transaction_id) FROM labels",
    "a customer twice": "SELECT count(*) - count(DISTINCT customer_id) FROM customers",
    "a card twice": "SELECT 2 * count(*) - count(DISTINCT card_id) - count(DISTINCT card_pan_hash) FROM cards",
    "a merchant twice": "SELECT count(*) - count(DISTINCT merchant_id) FROM merchants",
    "a card that is nobody's": """
        SELECT count(*) FROM cards LEFT JOIN customers c USING (customer_id) WHERE c.customer_id IS NULL""",
    "a payment by no card, or by somebody else's": f"""
        SELECT count(*) FROM {LINKS} cards c USING (card_pan_hash)
        WHERE c.card_id IS NULL OR (t.customer_id, t.card_scheme) <> (c.customer_id, c.card_scheme)""",
    "an expiry that is not the card's": f"""
        SELECT count(*) FROM {LINKS} cards c USING (card_pan_hash)
        WHERE (t.card_exp_year, t.card_exp_month) IS DISTINCT FROM (c.card_exp_year, c.card_exp_month)""",
    "a card used after it expired": """
        SELECT count(*) FROM facts WHERE year(day) * 12 + month(day) > card_exp_year * 12 + card_exp_month""",
    "a merchant of another country, currency or code": f"""
        SELECT count(*) FROM {LINKS} merchants m USING (merchant_id)
        WHERE m.merchant_id IS NULL OR (t.merchant_country, t.currency_code) <> (m.merchant_country, m.currency_code)
           OR (t.mcc_code IS NOT NULL AND t.mcc_code <> m.mcc_code)""",
    "a country with two currencies": """
        SELECT count(*) FROM (SELECT 1 FROM merchants GROUP BY merchant_country
                              HAVING count(DISTINCT currency_code) > 1)""",
    "an issuer's number in two countries": """
        SELECT count(*) FROM (SELECT 1 FROM cards JOIN customers USING (customer_id)
                              GROUP BY bin8[:4] HAVING count(DISTINCT country) > 1)""",
    "a label without its payment, or that says otherwise": """
        SELECT count(*) FROM labels l LEFT JOIN transactions t USING (transaction_id)
        WHERE (t.label_fraud, t.event_time, t.customer_id)
              IS DISTINCT FROM (l.is_fraud, l.event_time, l.customer_id)""",
    "a fraud without label": """
        SELECT count(*) FROM transactions ANTI JOIN labels USING (transaction_id) WHERE label_fraud""",
    "a place lost by half": "SELECT count(*) FROM transactions WHERE (latitude IS NULL) <> (longitude IS NULL)",
}


@pytest.mark.parametrize("what", NEVER)
def test_there_is_never(what, one):
    assert one(NEVER[what]) == (0,)


def test_counts_are_exact(one):
    assert one("SELECT count(*), count(*) FILTER (label_fraud) FROM transactions") == (1_000_000, 3000)
    assert one(
        "SELECT count(*) FILTER (device_id IS NULL), count(*) FILTER (mcc_code IS NULL), "
        "count(*) FILTER (latitude IS NULL) FROM transactions"
    ) == (80_000, 50_000, 10_000)


def test_a_link_is_missing_exactly_once_a_card(one):
    cards, missing = one("SELECT count(DISTINCT card_pan_hash), count(*) FILTER (previous_txn_id IS NULL) FROM facts")

    assert cards == missing > 20_000


def test_the_files_hold_exactly_the_24_fields_in_order_and_as_declared(million):
    dataset = build("payments", {"seed": 42, "rows": 1_000_000})

    assert list(dataset.tables["transactions"].schema.names) == FIELDS
    for name, table in dataset.tables.items():
        files = sorted((million / name).glob("*.parquet"))
        assert files
        for file in files:
            assert pq.read_schema(file).remove_metadata() == table.schema.arrow()


def test_rows_of_a_file_are_in_order_of_time(million):
    for file in sorted((million / "transactions").glob("*.parquet")):
        times = pq.read_table(file, columns=["event_time"])["event_time"].to_numpy()
        assert (times[1:] >= times[:-1]).all()


def test_values_keep_their_declared_domains_ranges_and_patterns(data, one):
    dataset = build("payments", {"seed": 42, "rows": 1_000_000})
    for name, table in dataset.tables.items():
        for field in table.schema.fields:
            if field.values is not None:
                found = {value for (value,) in data.execute(f"SELECT DISTINCT {field.name} FROM {name}").fetchall()}
                assert found - {None} <= set(field.values), (name, field.name)
            if field.minimum is not None or field.maximum is not None:
                low, high = one(f"SELECT min({field.name}), max({field.name}) FROM {name}")
                assert field.minimum is None or low >= field.minimum, (name, field.name)
                assert field.maximum is None or high <= field.maximum, (name, field.name)
            if field.pattern is not None:
                odd = f"NOT regexp_full_match({field.name}, '{field.pattern}')"
                assert one(f"SELECT count(*) FROM {name} WHERE {odd}") == (0,), (name, field.name)


def test_card_numbers_are_valid_in_form_routable_nowhere_and_those_hashed(data):
    people = people_of(seed=42, rows=1_000_000)
    some = range(0, len(people.card), 97)
    numbers = [str(number) for number in people.pans(people.active[: len(some)])]
    known = dict(data.execute("SELECT card_pan_hash, bin8 || last4 FROM cards").fetchall())

    for number in numbers:
        digits = [int(digit) for digit in number]
        doubled = [d if place % 2 else sum(divmod(2 * d, 10)) for place, d in enumerate(digits)]
        assert len(digits) == 16
        assert sum(doubled) % 10 == 0
        assert 9900 <= int(number[:4]) <= 9999
        assert known[hashlib.sha256(number.encode()).hexdigest()] == number[:8] + number[-4:]
