"""Each payment links to its card's latest earlier one, in data of any size and however much of it is scheduled."""

from __future__ import annotations

import duckdb
from hypothesis import given
from hypothesis import strategies as st

from laws.contents import build, examples, rows_of
from laws.domains import PAYMENTS

COLUMNS = ["transaction_id", "event_time", "card_pan_hash", "previous_txn_id"]


@examples(20)
@given(fields=PAYMENTS.specs, crowded=st.booleans())
def test_links_go_to_the_latest_earlier_payment_and_are_missing_once_a_card(fields, crowded):
    days = {"start": fields["start"], "end": fields["start"]} if crowded else {}
    dataset = build("payments", {**fields, **days})
    rows = rows_of(dataset, "transactions", columns=COLUMNS)

    with duckdb.connect() as connection:
        connection.register("rows", rows)
        ((wrong, at_once, missing, cards),) = connection.execute(
            """SELECT count(*) FILTER (previous_txn_id IS DISTINCT FROM latest),
                      count(*) - count(DISTINCT (card_pan_hash, event_time)),
                      count(*) FILTER (previous_txn_id IS NULL), count(DISTINCT card_pan_hash)
               FROM (SELECT *, lag(transaction_id) OVER (PARTITION BY card_pan_hash ORDER BY event_time) AS latest
                     FROM rows)"""
        ).fetchall()

    assert (wrong, at_once) == (0, 0)
    assert missing == cards
