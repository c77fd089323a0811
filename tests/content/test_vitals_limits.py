"""A million readings of every method, written by the real command: not one breaks a rule, whatever the trial has.

``ROWMILL_VITALS_ROWS=10_000_000`` looks at more.
"""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise

import duckdb
import pytest

from rowmill.domains.vitals.settings import EARLIER_RANGES
from rowmill.domains.vitals.shipped import model_text, shipped_model
from support.switches import switch

ROWS = int(switch("ROWMILL_VITALS_ROWS", "1_000_000"))
ARM = ROWS // 8
USUAL = {"systolic": (60, 260), "diastolic": (30, 160), "heart_rate": (30, 220), "temperature": (34, 42)}
COLUMNS = {
    "systolic": "SystolicBP",
    "diastolic": "DiastolicBP",
    "heart_rate": "HeartRate",
    "temperature": "Temperature",
}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """Return a model file: what the method llm has after an endpoint answered."""
    path = tmp_path_factory.mktemp("model") / "model.json"
    path.write_text(model_text(shipped_model()), "utf-8")
    return path


@pytest.fixture(scope="module", params=["mvn", "bootstrap", "rules", "llm"])
def method(request, model):
    """Return the words that ask for a method."""
    return ("--method", request.param, *(("--model", str(model)) if request.param == "llm" else ()))


def made(folder, method, *more):
    """Write a trial and return a connection with its tables, and what the command said."""
    words = ("generate", "vitals", *method, "--seed", "42", "--workers", "2", "--json", *more, "--out", str(folder))
    done = subprocess.run([sys.executable, "-m", "rowmill", *words], check=True, capture_output=True, text=True)
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    for table in ("vitals", "subjects", "truth"):
        connection.execute(f"CREATE VIEW {table} AS FROM read_parquet('{folder}/{table}/*.parquet')")
    return connection, json.loads(done.stdout)


def broken(connection, ranges):
    """Return how many rows, or subjects, break each rule."""
    rules = {
        name: f"count(*) FILTER (WHERE {column} NOT BETWEEN {ranges[name][0]} AND {ranges[name][1]})"
        for name, column in COLUMNS.items()
    }
    rules["pressures"] = "count(*) FILTER (WHERE SystolicBP < DiastolicBP + 5)"
    values = [f"({column} IS NULL)" for column in COLUMNS.values()]
    unequal = " OR ".join(f"{one} <> {other}" for one, other in pairwise(values))
    rules["part of a visit"] = f"count(*) FILTER (WHERE {unequal})"
    found = dict(
        zip(rules, connection.execute(f"SELECT {', '.join(rules.values())} FROM vitals").fetchone(), strict=True)
    )
    keys = """
        SELECT count(*) FILTER (WHERE arms > 1), count(*) FILTER (WHERE visits < number),
               count(*) FILTER (WHERE s.TreatmentArm IS DISTINCT FROM arm), count(*) - count(DISTINCT s.SubjectID)
        FROM (
            SELECT SubjectID, count(*) AS number, count(DISTINCT VisitName) AS visits,
                   count(DISTINCT TreatmentArm) AS arms, min(TreatmentArm::VARCHAR) AS arm
            FROM vitals GROUP BY ALL
        ) FULL JOIN subjects s USING (SubjectID)"""
    return found | dict(
        zip(("two arms", "doubled", "arm of subjects", "ids"), connection.execute(keys).fetchone(), strict=True)
    )


def test_no_row_breaks_a_rule(method, tmp_path):
    connection, said = made(tmp_path, method, "--subjects-per-arm", str(ARM))

    assert said["rows"] == ROWS == connection.sql("FROM vitals").shape[0]
    assert connection.execute("SELECT count(*), count(SystolicBP) FROM vitals").fetchone() == (ROWS, ROWS)
    assert not {rule: count for rule, count in broken(connection, USUAL).items() if count}


def test_no_row_breaks_a_rule_whatever_real_trials_have(method, tmp_path):
    more = (
        "--preset",
        "realistic,earlier",
        "--calibrate",
        "--target-effect",
        "-5",
        "--subjects-per-arm",
        str(ARM * 5 // 4),
    )
    connection, said = made(tmp_path, method, *more)

    assert said["rows"] >= ROWS
    assert not {rule: count for rule, count in broken(connection, EARLIER_RANGES).items() if count}
