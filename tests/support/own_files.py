"""Files of a user's own customers, cards and merchants, for tests."""

from __future__ import annotations

import csv
import gzip
import random

import pyarrow as pa
import pyarrow.parquet as pq

SPEC = {"seed": 11, "rows": 12_000, "fraud_rate": 0.02}
PLACES = {"US": (40.7, -74.0), "DE": (52.5, 13.4), "GB": (51.5, -0.1), "JP": (35.6, 139.7)}
CODES = ("5411", "5812", "4111", "5818", "6011", "0742", "5999")


def table(path, rows):
    """Write rows, dictionaries of equal keys, as CSV (gzipped by its name) or Parquet."""
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
        return path
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path


def rows_of(seed=1):
    """Return customers, cards and merchants with scattered ids; some customers have no card."""
    rng = random.Random(seed)
    people = [
        {"customer_id": i, "country": rng.choice(list(PLACES)), "name": f"Ann, {i}"}
        for i in rng.sample(range(1, 10**9), 400)
    ]
    cards = [
        {
            "card_id": i,
            "customer_id": rng.choice(people[:350])["customer_id"],
            "card_pan_hash": f"{rng.getrandbits(256):064x}",
            "card_scheme": rng.choice(["VISA", "AMEX"]),
            "card_exp_year": rng.choice([2026, 2029]),
            "card_exp_month": rng.randrange(1, 13),
        }
        for i in rng.sample(range(1, 10**10), 600)
    ]
    shops = [
        {
            "merchant_id": i,
            "merchant_country": country,
            "mcc_code": rng.choice(CODES),
            "latitude": round(PLACES[country][0] + rng.gauss(0, 0.2), 6),
            "longitude": round(PLACES[country][1] + rng.gauss(0, 0.2), 6),
            "is_online": rng.random() < 0.4,
        }
        for i, country in zip(rng.sample(range(1, 10**12), 300), rng.choices(list(PLACES), k=300), strict=True)
    ]
    return {"customers": people, "cards": cards, "merchants": shops}
