"""Faults planted in what a run wrote: what each is, and which check must find it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

SPECS = {
    "payments": {"rows": 1_500, "start": "2025-11-01", "end": "2025-11-30", "fraud_rate": 0.02, "seed": 42},
    "vitals": {"subjects_per_arm": 60, "seed": 42},
    "workforce": {"employees": 150, "start": 2025, "end": 2027, "seed": 42},
}
SETTINGS = {"vitals": {"tables": "vitals,subjects,truth,vs,dm"}}
Rows = list[dict]


@dataclass(frozen=True)
class Fault:
    """One fault of one table."""

    name: str
    domain: str
    table: str
    plant: Callable[[Rows], object]
    """Changes rows in place."""
    kind: str
    """Kind of the check that finds it."""
    words: str
    """Words of that check's rule."""


def first(rows: Rows, **wanted) -> dict:
    """Return the first row with some values that no other fault was planted in; ... stands for any value."""
    for row in rows:
        if "planted" not in row and all((row[k] is not None if v is ... else row[k] == v) for k, v in wanted.items()):
            row["planted"] = True
            return row
    raise LookupError(f"no row has {wanted}")


def put(column, value, **wanted):
    """Return what gives one row another value, which may be a function of the row."""

    def plant(rows):
        row = first(rows, **(wanted or {column: ...}))
        row[column] = value(row) if callable(value) else value

    return plant


def emptied(column, **wanted):
    def plant(rows):
        first(rows, **{column: ..., **wanted})[column] = None

    return plant


def repeated(column):
    """Give a row the value that another one has."""

    def plant(rows):
        one, other = first(rows, **{column: ...}), first(rows, **{column: ...})
        other[column] = one[column]

    return plant


def another(column):
    """Give a row the value of one that has another."""

    def plant(rows):
        row = first(rows, **{column: ...})
        row[column] = next(each[column] for each in rows if each[column] not in (None, row[column]))

    return plant


def doubled(rows):
    rows.append(dict(first(rows)))


def without_middle(by, order):
    """Take a row out of the middle of an entity's rows."""

    def plant(rows):
        kept: dict[tuple, Rows] = {}
        for row in rows:
            kept.setdefault(tuple(row[name] for name in by), []).append(row)
        some = next(each for each in kept.values() if len(each) > 2 and not any("planted" in row for row in each))
        for row in some:
            row["planted"] = True
        rows.remove(sorted(some, key=lambda row: row[order])[1])

    return plant


def at_once(rows):
    """Move a payment to the time of the card's one before."""
    last: dict[str, dict] = {}
    for row in rows:
        before = last.get(row["card_pan_hash"])
        if before is not None and "planted" not in row and "planted" not in before:
            row["event_time"], row["planted"], before["planted"] = before["event_time"], True, True
            return
        last[row["card_pan_hash"]] = row


def later(days):
    return lambda row: row["reported_time"] + dt.timedelta(days=days)


def _day(column, days):
    return lambda row: row[column] + dt.timedelta(days=days)


P, V, W = "payments", "vitals", "workforce"
T = "transactions"
FAULTS = [
    Fault("a key is missing", P, T, emptied("transaction_id"), "null", "transaction_id"),
    Fault("a key stands twice", P, T, repeated("transaction_id"), "key", "transaction_id"),
    Fault("a row stands twice", P, "customers", doubled, "key", "customer_id"),
    Fault("a customer is not there", P, T, put("customer_id", 999_999), "foreign key", "customers"),
    Fault("a card is not there", P, T, put("card_pan_hash", "0" * 64), "foreign key", "cards"),
    Fault("a merchant is not there", P, T, put("merchant_id", 999_999), "foreign key", "merchants"),
    Fault("a previous payment is not there", P, T, put("previous_txn_id", 7), "foreign key", "transactions"),
    Fault("an amount of nothing", P, T, put("amount", 0), "range", "amount"),
    Fault("a place off the globe", P, T, put("latitude", 91.5), "range", "latitude"),
    Fault("a currency that is none", P, T, put("currency_code", "XXX"), "value", "currency_code"),
    Fault("a channel that is none", P, T, put("channel", "PIGEON"), "value", "channel"),
    Fault("a hash that is none", P, T, put("card_pan_hash", "zz"), "pattern", "card_pan_hash"),
    Fault("an address of somebody", P, T, put("ip_address", "8.8.8.8", channel="ONLINE"), "pattern", "ip_address"),
    Fault("an address at a till", P, T, put("channel", "IN_STORE", channel="ONLINE"), "rule", "an address online"),
    Fault("no user agent online", P, T, emptied("user_agent"), "rule", "a user agent online"),
    Fault("typed at a till", P, T, put("pos_entry_mode", "ECOM", channel="IN_STORE"), "rule", "typed online"),
    Fault("a phone at a till", P, T, put("device_type", "IOS", channel="IN_STORE"), "rule", "a terminal at tills"),
    Fault("cash by a tap", P, T, put("pos_entry_mode", "NFC", channel="ATM"), "rule", "cash"),
    Fault("a standing payment at a till", P, T, put("is_recurring", True, channel="IN_STORE"), "rule", "standing"),
    Fault("half a place", P, T, emptied("longitude"), "rule", "both coordinates"),
    Fault("a seventh decimal", P, T, put("latitude", lambda row: row["latitude"] + 5e-7), "rule", "six decimals"),
    Fault("a card that expired", P, T, put("card_exp_year", 2019), "rule", "not expired"),
    Fault("somebody else's card", P, T, another("customer_id"), "rule", "owns the card"),
    Fault("a scheme of another card", P, T, another("card_scheme"), "rule", "scheme"),
    Fault("a merchant's country changed", P, T, another("merchant_country"), "rule", "country"),
    Fault("a merchant's currency changed", P, T, another("currency_code"), "rule", "currency"),
    Fault("a merchant's category changed", P, T, another("mcc_code"), "rule", "category"),
    Fault("far from the merchant", P, T, put("longitude", 170.0), "rule", "half a degree"),
    Fault("a link to another card's payment", P, T, another("previous_txn_id"), "rule", "row before"),
    Fault("a payment is lost", P, T, without_middle(["card_pan_hash"], "event_time"), "rule", "row before"),
    Fault("two payments at a time", P, T, at_once, "rule", "once at a time"),
    Fault("a label says otherwise", P, "labels", put("is_fraud", lambda row: not row["is_fraud"]), "rule", "label"),
    Fault("a fraud without label", P, "labels", lambda rows: rows.remove(first(rows, is_fraud=True)),
          "foreign key", "label_fraud"),
    Fault("reported after a year", P, "labels", put("reported_time", later(365)), "rule", "120 days"),
    Fault("an episode of two", P, "labels", another("customer_id"), "rule", "one customer"),
    Fault("a date of expiry in month 13", P, "cards", put("card_exp_month", 13), "range", "card_exp_month"),
    Fault("pressures are swapped", V, "vitals", put("SystolicBP", 60), "rule", "systolic"),
    Fault("a pressure of 300", V, "vitals", put("SystolicBP", 300), "range", "SystolicBP"),
    Fault("half a visit", V, "vitals", emptied("HeartRate"), "rule", "pulse"),
    Fault("a temperature in Fahrenheit", V, "vitals", put("Temperature", 98.6), "range", "Temperature"),
    Fault("a subject in two arms", V, "vitals", another("TreatmentArm"), "rule", "one arm"),
    Fault("an arm that is not the subject's", V, "subjects", another("TreatmentArm"), "rule", "arm is the subject"),
    Fault("a visit twice", V, "vitals", doubled, "key", "SubjectID, VisitName"),
    Fault("a visit that is none", V, "vitals", put("VisitName", "Week 99"), "value", "VisitName"),
    Fault("a subject that is not there", V, "vitals", put("SubjectID", "RM0001-999999999"), "foreign key", "subjects"),
    Fault("an id out of form", V, "subjects", put("SubjectID", "007"), "pattern", "SubjectID"),
    Fault("a site of another name", V, "subjects", put("SiteID", 9998), "rule", "site"),
    Fault("two baselines", V, "vs", put("VSBLFL", "Y", EPOCH="TREATMENT"), "rule", "both flags"),
    Fault("a baseline after the dose", V, "vs", put("EPOCH", "TREATMENT", VSBLFL="Y"), "rule", "before the first dose"),
    Fault("visits out of order", V, "vs", put("VSDY", -300, VISITNUM=3), "rule", "keep their order"),
    Fault("study day 0", V, "vs", put("VSDY", 0), "rule", "study day 0"),
    Fault("mmHg for a temperature", V, "vs", put("VSSTRESU", "mmHg", VSTESTCD="TEMP"), "rule", "°C"),
    Fault("a result that is another as text", V, "vs", put("VSSTRESC", "1"), "rule", "number and text"),
    Fault("a row of a subject is lost", V, "vs", without_middle(["USUBJID"], "VSSEQ"), "rule", "numbered"),
    Fault("an age that is not the subject's", V, "dm", put("AGE", 119), "rule", "age and sex"),
    Fault("a hire after the exit", W, "snapshots", put("hire_date", dt.date(2099, 1, 1), termination_date=...),
          "rule", "hired before the exit"),
    Fault("an age that is wrong", W, "events", put("employee_age", 5), "rule", "age from"),
    Fault("an event after the exit", W, "events",
          put("effective_date", dt.date(2027, 12, 31), event_type="termination"), "rule", "nothing after the exit"),
    Fault("a year starts with other pay", W, "snapshots",
          put("starting_compensation", 1, detailed_status_code="continuous_active", simulation_year=2027),
          "rule", "pay of the last one"),
    Fault("a negative pay", W, "snapshots", put("current_compensation", -1), "range", "current_compensation"),
    Fault("a deferral of 120 %", W, "events", put("employee_deferral_rate", 12_000), "range", "employee_deferral_rate"),
    Fault("a deferral that does not add up", W, "events", put("roth_rate", 9_999), "rule", "pre-tax and Roth"),
    Fault("an exit without event", W, "events", lambda rows: rows.remove(first(rows, event_type="termination")),
          "foreign key", "termination_date"),
    Fault("an event is lost", W, "events",
          without_middle(["employee_id", "simulation_year"], "event_sequence"), "rule", "numbered"),
    Fault("a number of a real person", W, "census", put("employee_ssn", "123-45-6789"), "pattern", "employee_ssn"),
    Fault("two levels at once", W, "events", put("level_id", 5, event_type="promotion", previous_level_id=1),
          "rule", "one level up"),
    Fault("pay before nothing", W, "events", put("previous_compensation", 1, event_type="raise", event_sequence=3),
          "rule", "starts from"),
    Fault("a person of a year is lost", W, "snapshots",
          without_middle(["employee_id"], "simulation_year"), "rule", "years follow"),
    Fault("who left comes back", W, "snapshots",
          put("termination_date", lambda row: dt.date(row["simulation_year"], 6, 30),
              employment_status="active", simulation_year=2025), "rule", "comes back"),
]  # fmt: skip


def plant(out: Path, table: str, faults: list[Fault]) -> None:
    """Plant faults in the files of a table, which stay as they are otherwise."""
    files = sorted((out / table).rglob("*.parquet"))
    read = [pq.read_table(file, partitioning=None) for file in files]
    years = [[part for part in file.parts if "=" in part] for file in files]
    rows = [
        {**row, "file": n, **{k: int(v) for k, v in (part.split("=") for part in years[n])}}
        for n, each in enumerate(read)
        for row in each.to_pylist()
    ]
    for fault in faults:
        fault.plant(rows)
    for n, (file, each) in enumerate(zip(files, read, strict=True)):
        fields = pa.schema([field.with_nullable(True) for field in each.schema], each.schema.metadata)
        mine = [{name: row[name] for name in fields.names} for row in rows if row["file"] == n]
        pq.write_table(pa.Table.from_pylist(mine, schema=fields), file)
