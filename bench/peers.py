"""Other generators on the same machine in the same run, in cells per CPU second."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from faker import Faker

FAKER_ROWS = 2_000
_LINEITEM = "lineitem"


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells that were made for some CPU seconds."""

    cells: int
    cpu_seconds: float

    @property
    def per_second(self) -> float:
        return self.cells / self.cpu_seconds


def tpchgen_command(scale: int, folder: Path) -> list[str | Path]:
    """Return the command that writes TPC-H lineitem as Snappy Parquet into a folder."""
    program = Path(sys.executable).with_name("tpchgen-cli")
    found = program if program.exists() else shutil.which("tpchgen-cli")
    if found is None:
        raise RuntimeError("tpchgen-cli is not installed; run make bench, or pip install 'rowmill[bench]'")
    options = ("--compression", "SNAPPY", "--tables", _LINEITEM, "--overwrite", "--output-dir", folder)
    return [found, "parquet", "--scale-factor", str(scale), *options]


def parquet_cells(folder: Path) -> int:
    """Return rows × columns of all Parquet files below a folder."""
    return sum(data.num_rows * data.num_columns for data in map(pq.read_metadata, folder.rglob("*.parquet")))


def faker_row(fake: Faker) -> dict[str, Any]:
    """Return 24 fields like those of a card payment, each from the provider that a user would take."""
    return {
        "transaction_id": fake.random_int(0, 1 << 62),
        "event_time": fake.date_time_between("-30d", "now"),
        "local_time_offset": fake.random_int(-720, 840),
        "amount": fake.random_int(1, 100_000),
        "currency_code": fake.currency_code(),
        "card_pan_hash": fake.sha256(),
        "card_scheme": fake.random_element(("VISA", "MASTERCARD", "AMEX", "DISCOVER")),
        "card_exp_year": fake.random_int(2025, 2030),
        "card_exp_month": fake.random_int(1, 12),
        "customer_id": fake.random_int(1, 30_000),
        "merchant_id": fake.random_int(1, 20_000),
        "merchant_country": fake.country_code(),
        "mcc_code": fake.numerify("####"),
        "channel": fake.random_element(("ONLINE", "IN_STORE", "ATM")),
        "pos_entry_mode": fake.random_element(("CHIP", "MAGSTRIPE", "NFC", "ECOM")),
        "device_id": fake.random_int(0, 1 << 62),
        "device_type": fake.random_element(("IOS", "ANDROID", "WEB", "POS")),
        "ip_address": fake.ipv4(),
        "user_agent": fake.user_agent(),
        "latitude": float(fake.latitude()),
        "longitude": float(fake.longitude()),
        "is_recurring": fake.boolean(6),
        "previous_txn_id": fake.random_int(0, 1 << 62),
        "label_fraud": fake.boolean(1),
    }


def main() -> None:
    """Make rows as dictionaries, write none, and print their cells and CPU seconds as JSON."""
    from faker import Faker

    fake = Faker()
    fake.seed_instance(42)
    started = process_time()
    rows = [faker_row(fake) for _ in range(FAKER_ROWS)]
    print(json.dumps({"cells": sum(map(len, rows)), "cpu_seconds": process_time() - started}))


if __name__ == "__main__":
    main()
