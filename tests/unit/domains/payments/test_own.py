"""A user's own customers, cards and merchants: links, values kept, one fingerprint for one content, slices."""

from __future__ import annotations

import random

import duckdb
import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import rowmill
from rowmill.core.errors import DestinationError, UsageError
from rowmill.domains.payments.own.reading import load_own
from rowmill.domains.payments.reference import load
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.model.frame import Cells
from rowmill.model.inputs import inputs_of
from rowmill.run.checks.verify import verify
from support.own_files import PLACES, SPEC, rows_of, table


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("own")
    return {name: table(folder / f"{name}.csv", rows) for name, rows in rows_of().items()}


@pytest.fixture(scope="module")
def made(files):
    return rowmill.dataset("payments", inputs=files, **SPEC)


@pytest.fixture(scope="module")
def written(made, tmp_path_factory):
    out = tmp_path_factory.mktemp("written")
    made.write(out, settings={"workers": 2, "part_rows": 4_000})
    return out


@pytest.fixture
def sql(written, files):
    """Return a function that runs SQL over the tables written and the files (my_customers, my_cards, my_merchants)."""
    connection = duckdb.connect()
    for name in ("transactions", "labels", "customers", "cards", "merchants"):
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{written}/{name}/*.parquet'")
    for name, path in files.items():
        types = "types = {'mcc_code': 'VARCHAR'}" if name == "merchants" else "header = true"
        connection.execute(f"CREATE VIEW my_{name} AS SELECT * FROM read_csv('{path}', {types})")
    return lambda text: connection.sql(text).fetchall()


def test_every_payment_refers_to_the_user_s_rows_and_agrees_with_them(sql):
    assert sql("SELECT count(*), count(DISTINCT transaction_id) FROM transactions") == [(12_000, 12_000)]
    assert sql("SELECT count(*) FROM transactions WHERE label_fraud") == [(240,)]
    agreeing = """
        SELECT count(*) FROM transactions t
        JOIN my_customers p USING (customer_id)
        JOIN my_cards c ON c.card_pan_hash = t.card_pan_hash AND c.customer_id = t.customer_id
            AND c.card_scheme = t.card_scheme AND c.card_exp_year = t.card_exp_year
            AND c.card_exp_month = t.card_exp_month
        JOIN my_merchants m ON m.merchant_id = t.merchant_id AND m.merchant_country = t.merchant_country
            AND (t.mcc_code IS NULL OR t.mcc_code = m.mcc_code)
            AND (t.latitude IS NULL OR abs(t.latitude - m.latitude) < 0.0011)
            AND (t.longitude IS NULL OR abs(t.longitude - m.longitude) < 0.0011)
            AND m.is_online = (t.channel = 'ONLINE')
    """
    assert sql(agreeing) == [(12_000,)]
    assert sql("SELECT count(*) FROM labels l JOIN transactions t USING (transaction_id, customer_id)") == sql(
        "SELECT count(*) FROM labels"
    )
    broken = """
        WITH linked AS (
            SELECT previous_txn_id IS NOT DISTINCT FROM
                lag(transaction_id) OVER (PARTITION BY card_pan_hash ORDER BY event_time, transaction_id) AS right_one
            FROM transactions)
        SELECT count(*) FROM linked WHERE NOT right_one
    """
    assert sql(broken) == [(0,)]


def test_catalogs_hold_the_user_s_values(sql):
    for name, columns in {
        "customers": "customer_id, country",
        "cards": "card_id, customer_id, card_pan_hash, card_scheme, card_exp_year, card_exp_month",
        "merchants": "merchant_id, merchant_country, mcc_code, is_online, latitude, longitude",
    }.items():
        assert sql(f"SELECT count(*) FROM {name}") == sql(f"SELECT count(*) FROM my_{name}")
        assert sql(f"SELECT {columns} FROM my_{name} EXCEPT ALL SELECT {columns} FROM {name}") == []
    assert sql("SELECT count(*) FROM cards WHERE bin8 IS NOT NULL OR last4 IS NOT NULL") == [(0,)]


def test_what_a_file_does_not_say_is_drawn_by_id(tmp_path):
    people = rows_of()["customers"]
    whole = rowmill.dataset("payments", inputs={"customers": table(tmp_path / "a.csv", people)}, **SPEC)
    fewer = rowmill.dataset("payments", inputs={"customers": table(tmp_path / "b.csv", people[100:])}, **SPEC)

    for name in ("customers", "cards"):
        both = whole[name].to_polars().filter(pl.col("customer_id").is_in([p["customer_id"] for p in people[100:]]))
        assert_frame_equal(both, fewer[name].to_polars(), categorical_as_str=True)


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet"])
def test_neither_order_nor_format_nor_an_unused_column_matters(made, tmp_path, suffix):
    shuffled = {name: random.Random(5).sample(rows, len(rows)) for name, rows in rows_of().items()}
    for person in shuffled["customers"]:
        person["name"] = "somebody"
    other = rowmill.dataset(
        "payments", inputs={n: table(tmp_path / f"{n}{suffix}", rows) for n, rows in shuffled.items()}, **SPEC
    )

    assert other.fingerprint == made.fingerprint
    assert other.spec == made.spec
    for name in ("transactions", "cards", "merchants"):
        assert_frame_equal(other[name].to_polars(), made[name].to_polars())


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("customers", "country", "US"),
        ("cards", "card_scheme", "DISCOVER"),
        ("cards", "card_pan_hash", "0" * 64),
        ("merchants", "latitude", 52.123456),
    ],
)
def test_another_value_is_another_fingerprint(made, files, tmp_path, name, column, value):
    rows = rows_of()[name]
    next(row for row in rows if row[column] != value)[column] = value
    changed = {**files, name: table(tmp_path / "changed.csv", rows)}

    other = rowmill.dataset("payments", inputs=changed, **SPEC)

    assert other.fingerprint != made.fingerprint
    assert {n for n in files if other.spec.inputs[n] != made.spec.inputs[n]} == {name}


def test_a_spec_holds_digests_and_no_path(made, files, written):
    assert set(made.spec.inputs) == set(files)
    assert all(len(digest) == 32 for digest in made.spec.inputs.values())
    for record in written.glob("_rowmill/**/*.json*"):
        assert str(files["cards"].parent) not in record.read_text()


def test_verify_needs_the_files_and_refuses_others(written, files, tmp_path):
    paths = {name: str(path) for name, path in files.items()}
    other = str(table(tmp_path / "other.csv", rows_of(seed=2)["merchants"]))

    assert verify(written, inputs=paths).ok
    with pytest.raises(UsageError, match="--catalog cards=FILE"):
        verify(written, inputs={name: path for name, path in paths.items() if name != "cards"})
    with pytest.raises(UsageError, match="another merchants file than the data was made with"):
        verify(written, inputs={**paths, "merchants": other})


def test_a_run_goes_on_with_the_same_file_alone(tmp_path):
    people = rows_of()["customers"]
    path = table(tmp_path / "people.csv", people)
    first = rowmill.dataset("payments", inputs={"customers": path}, **SPEC)
    first.write(tmp_path / "o", date="2025-11-03")
    path.rename(tmp_path / "moved.csv")
    moved = rowmill.dataset("payments", inputs={"customers": tmp_path / "moved.csv"}, **SPEC)
    people[0]["country"] = next(country for country in PLACES if country != people[0]["country"])
    changed = rowmill.dataset("payments", inputs={"customers": table(path, people)}, **SPEC)

    assert moved.write(tmp_path / "o", date="2025-11-04").rows > 0
    with pytest.raises(DestinationError, match=r"another spec \(inputs.customers is"):
        changed.write(tmp_path / "o", date="2025-11-05")


def test_entities_and_days_are_slices(made, files):
    cards = pl.read_csv(files["cards"])
    customer = int(cards["customer_id"][0])
    whole = made["transactions"].to_polars()
    day = made["transactions"].frames(windows=range(7, 8))
    found = made["transactions"].scan(entities=[customer]).collect()

    assert_frame_equal(found, whole.filter(pl.col("customer_id") == customer))
    assert sum(len(frame["amount"]) for frame in day) == whole.filter(pl.col("event_time").dt.day() == 8).height
    for name, column in (("transactions", "customer_id"), ("cards", "card_id"), ("merchants", "merchant_id")):
        with pytest.raises(UsageError, match=f"{column} 1, which does not exist"):
            made[name].scan(entities=[1]).collect()


def test_blocks_of_many_customers_and_few_cards(tmp_path):
    count = 70_000
    people = [{"customer_id": 3 * i + 5, "country": "US"} for i in range(count)]
    cards = [{"card_id": 7 * i + 1, "customer_id": 3 * (i * 11) + 5} for i in range(900)]
    cards += [{"card_id": 10**10 - 1, "customer_id": 3 * (count - 1) + 5}]
    own = {n: table(tmp_path / f"{n}.parquet", rows) for n, rows in (("customers", people), ("cards", cards))}
    data = rowmill.dataset("payments", seed=4, rows=5_000, inputs=own)
    transactions, labels = data["transactions"].rule, data["labels"].rule
    frame = data["transactions"].to_polars()

    assert transactions.blocks == 3
    assert [sum(transactions.weight(block, w) for w in range(30)) > 0 for block in range(3)] == [True, False, True]
    assert frame.height == 5_000
    assert set(frame["customer_id"]) <= {row["customer_id"] for row in cards}
    assert data["cards"].to_polars().height == 901
    for rule in (transactions, labels, data["customers"].rule, data["cards"].rule):
        for block in range(3):
            for tile in rule.tiles(block, range(30) if rule.timed else range(1)):
                blocks, windows = rule.locate(tile.frame)
                assert set(blocks) <= {block}
                assert set(windows) <= {tile.window}
    unknown, _ = data["cards"].rule.locate({"card_id": Cells(np.array([2, 8, 10**10 - 1]))})
    assert unknown.tolist() == [-1, 0, 2]


@given(
    st.dictionaries(st.integers(1, 1 << 34), st.sampled_from(sorted(PLACES)), min_size=1, max_size=30),
    st.randoms(use_true_random=False),
)
def test_ids_come_back_in_order_whatever_the_order_of_the_rows(tmp_path_factory, people, rng):
    folder = tmp_path_factory.mktemp("order")
    rows = [{"customer_id": i, "country": country} for i, country in people.items()]
    one, _, _ = load_own(PaymentsSpec(), inputs_of({"customers": table(folder / "a.csv", rows)}))
    rng.shuffle(rows)
    other, two, _ = load_own(PaymentsSpec(), inputs_of({"customers": table(folder / "b.parquet", rows)}))

    assert one.inputs == other.inputs
    assert (two.customers.number + 1).tolist() == sorted(people)
    assert [load().countries[at] for at in two.customers.country] == [people[i] for i in sorted(people)]


def test_rows_of_unknown_codes_may_be_left_out_and_are_counted(tmp_path):
    known = rows_of()
    abroad = [{"customer_id": 7, "country": "CN", "name": "Li"}, {"customer_id": 8, "country": "HK", "name": "Wu"}]
    card = {**known["cards"][0], "card_id": 3, "customer_id": 7, "card_pan_hash": "ab" * 32}
    odd = [{**known["merchants"][0], "merchant_id": 5, field: code}
           for field, code in (("merchant_country", "SG"), ("mcc_code", "3000"))]  # fmt: skip
    more = {
        "customers": [abroad[0], *known["customers"], abroad[1]],
        "cards": [card, *known["cards"]],
        "merchants": [*odd, *known["merchants"]],
    }

    def made(name, rows):
        folder = tmp_path / name
        folder.mkdir()
        files = {table_name: table(folder / f"{table_name}.csv", found) for table_name, found in rows.items()}
        return rowmill.dataset("payments", **SPEC, unknown_codes="leave_out", inputs=files)

    whole, part = made("whole", more), made("part", known)

    assert whole.fingerprint == part.fingerprint
    assert_frame_equal(whole["transactions"].to_polars(), part["transactions"].to_polars())
    told = "\n".join(whole.notes)
    assert "2 of 402 rows are left out, whose country is not known: CN (row 1), HK (row 402)" in told
    assert "1 of 601 rows are left out, whose customer_id is not in the file of customers, or left out there" in told
    assert "1 of 302 rows are left out, whose merchant_country is not known: SG (row 1)" in told
    assert "1 of 301 rows are left out, whose mcc_code is not known: 3000 (row 2)" in told
    assert "left out" not in "\n".join(part.notes)


def test_a_file_of_which_no_row_remains_and_rows_beside_those_left_out_are_told(tmp_path):
    (tmp_path / "all.csv").write_text("customer_id,country\n1,CN\n2,HK\n")
    (tmp_path / "some.csv").write_text("customer_id,country\n1,CN\n2,US\nX,US\n")
    fields = {**SPEC, "unknown_codes": "leave_out"}

    with pytest.raises(UsageError, match=r"no row remains: of all 2, country is not known: CN \(row 1\), HK \(row 2\)"):
        rowmill.dataset("payments", **fields, inputs={"customers": tmp_path / "all.csv"})
    with pytest.raises(UsageError, match="row 3: got customer_id 'X'"):
        rowmill.dataset("payments", **fields, inputs={"customers": tmp_path / "some.csv"})
