"""Files that cannot take a catalog's place: each is refused with file, row, value and rule, and nothing is written."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import rowmill
from rowmill.core.errors import UsageError
from rowmill.domains.payments.spec import PaymentsSpec

HASH = "ab" * 32
SHOP = "merchant_id,merchant_country,mcc_code,latitude,longitude,is_online"

CASES = {
    "no column": ("customers", "customer_id,land\n1,US\n", r"no column 'country', has customer_id, land; it needs"),
    "two of a name": ("customers", "customer_id,country,country\n1,US,US\n", "two columns are called 'country'"),
    "no row": ("customers", "customer_id,country\n", "holds no row; give at least one"),
    "nothing": ("customers", "", "cannot be read as CSV or Parquet: Empty CSV file"),
    "no table": ("customers", "customer_id,country\n1,US\n2\n", "row 2: got 1 value under a header of 2"),
    "a row too long": ("customers", "customer_id,country\n1,US\n2,DE,x\n", "row 2: got 3 values under a header of 2"),
    "no header": ("customers", "root:x:0:0:root\nuser:x:1\n", "'customer_id', has 1 column, whose first line is no"),
    "text for an id": ("customers", "customer_id,country\n1,US\nC-7,US\n", r"row 2: got customer_id 'C-7'; it must be"),
    "half an id": ("customers", "customer_id,country\n1.5,US\n", "row 1: got customer_id '1.5'; it must be a whole"),
    "id 0": ("customers", "customer_id,country\n0,US\n", r"row 1: got customer_id '0'; it must lie in 1 … 17179869184"),
    "id too large": ("customers", "customer_id,country\n17179869185,US\n", "it must lie in 1 …"),
    "no id": ("customers", "customer_id,country\n1,US\n,US\n", "row 2: customer_id is missing"),
    "id twice": ("customers", "customer_id,country\n5,US\n6,US\n5,DE\n", "row 3: got customer_id '5'; row 1 has it"),
    "Namibia": ("customers", "customer_id,country\n1,US\n2,NA\n", "row 2: got country 'NA'"),
    "no word": ("customers", "customer_id,country,city\n1,US,NA\nnull,US,.\n", "row 2: customer_id is missing"),
    "countries": ("customers", "customer_id,country\n1,US\n2,CN\n3,HK\n4,CN\n", r"CN \(rows 2, 4\), HK \(row 3\)"),
    "one country": ("customers", "customer_id,country\n1,US\n2,CN\n4,CN\n", r"'CN'; .*; not known: CN \(rows 2, 3\)"),
    "country": ("customers", "customer_id,country\n1,US\n2,GER\n", r"row 2: got country 'GER'; did you mean 'GR'\?"),
    "missing country": ("customers", "customer_id,country\n1,\n", "row 1: country is missing"),
    "city": ("customers", "customer_id,country,city\n1,DE,Berlln\n", r"got city 'Berlln'; in DE did you mean 'Berlin'"),
    "city abroad": ("customers", "customer_id,country,city\n1,FR,Berlin\n", "got city 'Berlin'; in FR"),
    "half a place": ("customers", "customer_id,country,latitude\n1,US,4\n", "has latitude without longitude"),
    "half of a place": ("customers", "customer_id,country,latitude,longitude\n1,US,4,\n", "1: longitude is missing"),
    "latitude": ("customers", "customer_id,country,latitude,longitude\n1,US,91,0\n", "got latitude '91'; it must lie"),
    "no latitude": ("customers", "customer_id,country,latitude,longitude\n1,US,north,0\n", "it must be a number"),
    "not a number": ("customers", "customer_id,country,latitude,longitude\n1,US,inf,0\n", "it must lie in -90 … 90"),
    "no number": ("customers", "customer_id,country,latitude,longitude\n1,US,NaN,0\n", "1: latitude is missing"),
    "comma": ("customers", 'customer_id,country,latitude,longitude\n1,US,"40,5",0\n', "write a decimal point, not a"),
    "card twice": ("cards", "card_id,customer_id\n1,1\n1,2\n", "row 1 has it already"),
    "no owner": ("cards", "card_id,customer_id\n1,1\n2,99999\n", "row 2: got customer_id '99999'; there are"),
    "hash": ("cards", "card_id,customer_id,card_pan_hash\n1,1,AB\n", "64 hexadecimal digits in lower case"),
    "hash twice": ("cards", f"card_id,customer_id,card_pan_hash\n1,1,{HASH}\n2,1,{HASH}\n", r"row 2: .*'abab.*…'"),
    "scheme": ("cards", "card_id,customer_id,card_scheme\n1,1,Visa\n", "got card_scheme 'Visa'; did you mean 'VISA'"),
    "month": ("cards", "card_id,customer_id,card_exp_year,card_exp_month\n1,1,2026,13\n", "card_exp_month '13'"),
    "year alone": ("cards", "card_id,customer_id,card_exp_year\n1,1,2026\n", "card_exp_year without card_exp_month"),
    "year of a row": ("cards", "card_id,customer_id,card_exp_year,card_exp_month\n1,1,2026,\n", "there together"),
    "year": ("cards", "card_id,customer_id,card_exp_year,card_exp_month\n1,1,2077,1\n", "it must lie in 2015 … 2046"),
    "code": ("merchants", f"{SHOP}\n1,US,1234,40,-74,\n", "row 1: got mcc_code '1234'; known: 0742"),
    "no place": ("merchants", f"{SHOP}\n1,US,5411,40,-74,\n2,US,5411,,,\n", "row 2: latitude is missing"),
    "online": ("merchants", f"{SHOP}\n1,US,5411,40,-74,perhaps\n", "got is_online 'perhaps'; it must be true or false"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "text", "message"), CASES.values(), ids=CASES)
def test_a_file_that_cannot_be_used_is_refused(tmp_path, name, text, message):
    path = tmp_path / f"{name}.csv"
    path.write_text(text)

    with pytest.raises(UsageError, match=message) as caught:
        rowmill.dataset("payments", rows=1_000, seed=1, inputs={name: path})

    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert str(path) in lines[0]


def test_a_card_needs_its_customer_in_the_file(tmp_path):
    (tmp_path / "p.csv").write_text("customer_id,country\n70,US\n90,US\n")
    (tmp_path / "c.csv").write_text("card_id,customer_id\n5,90\n6,80\n")
    files = {"customers": tmp_path / "p.csv", "cards": tmp_path / "c.csv"}

    with pytest.raises(UsageError, match=r"row 2: got customer_id '80'; the customers file has no such customer"):
        rowmill.dataset("payments", inputs=files)


@pytest.mark.parametrize(
    ("files", "fields", "message"),
    [
        ({"customer": "x.csv"}, {}, "input 'customer': unknown; did you mean 'customers'"),
        ({"customers": "nowhere.csv"}, {}, "nowhere.csv: no such file"),
        ({}, {"inputs": {"customers": "ab" * 16}}, "customers: this data stands on a file of your own"),
        ({}, {"inputs": {"shops": "ab" * 16}}, "data.inputs: got 'shops'"),
    ],
)
def test_names_that_nobody_knows_are_refused(files, fields, message):
    with pytest.raises(UsageError, match=message):
        rowmill.dataset("payments", PaymentsSpec(**fields), inputs=files)


@pytest.mark.parametrize(("name", "size"), [("customers", "customers"), ("merchants", "merchants")])
def test_sizes_and_a_file_must_agree(tmp_path, name, size):
    path = tmp_path / "f.csv"
    path.write_text("customer_id,country\n1,US\n" if name == "customers" else f"{SHOP}\n1,US,5411,40,-74,\n")

    assert rowmill.dataset("payments", rows=100, sizes={size: 1}, inputs={name: path}).spec.inputs
    with pytest.raises(UsageError, match=rf"data.sizes.{size}: got 2 beside .* with 1; drop it"):
        rowmill.dataset("payments", rows=100, sizes={size: 2}, inputs={name: path})


def test_a_code_that_no_kind_of_spending_has_is_refused(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(f"{SHOP}\n1,US,5813,40,-74,\n")
    kinds = rowmill.dataset("payments").spec.model_dump()["kinds"]

    with pytest.raises(UsageError, match=r"data.kinds: no kind has the code 5813"):
        rowmill.dataset(
            "payments", kinds={"grocery": kinds["grocery"]}, standing={"grocery": 1}, inputs={"merchants": path}
        )


@pytest.mark.parametrize(
    "kind", [pa.int32(), pa.uint64(), pa.float64(), pa.decimal128(24, 2), pa.string(), pa.large_string()]
)
def test_ids_and_codes_may_have_any_type_that_holds_them(tmp_path, kind):
    shop = {"merchant_country": ["US"], "latitude": [40], "longitude": [-74], "is_online": [1]}
    numbers = {"merchant_id": pa.array([7]).cast(kind), "mcc_code": pa.array([742]).cast(kind)}
    pq.write_table(pa.table({**shop, **numbers}), tmp_path / "m.parquet")
    data = rowmill.dataset("payments", rows=50, seed=1, inputs={"merchants": tmp_path / "m.parquet"})

    shown = data["merchants"].to_polars()

    assert shown.select("merchant_id", "mcc_code", "is_online").rows() == [(7, "0742", True)]


def test_blanks_and_a_mark_of_the_encoding_are_no_part_of_a_value(tmp_path):
    path = tmp_path / "p.csv"
    path.write_bytes('\ufeffcustomer_id,country\n 7 ," DE "\n8.0,US\n'.encode())

    assert rowmill.dataset("payments", rows=9, inputs={"customers": path})["customers"].to_polars()[
        "country"
    ].to_list() == [
        "DE",
        "US",
    ]


def test_columns_that_are_not_used_are_named(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("customer_id,country,shoe_size\n1,US,43\n")
    data = rowmill.dataset("payments", rows=9, inputs={"customers": path})

    assert data.notes == (f"{path}: columns that customers do not use: shoe_size",)


def test_files_that_come_with_the_run_are_refused(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("customer_id,country\n1,US\n")
    data = rowmill.dataset("payments", rows=20, seed=1, inputs={"customers": path})

    assert data.write(tmp_path / "o", settings={"inputs": {"customers": str(path)}}).rows == 20
    with pytest.raises(UsageError, match="give them to rowmill"):
        rowmill.dataset("payments", rows=20, seed=1).write(
            tmp_path / "p", settings={"inputs": {"customers": str(path)}}
        )
    assert not (tmp_path / "p").exists()
