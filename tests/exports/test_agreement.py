"""50,000 rows of each domain, right and with every fault: the tools find in the exports what ``validate`` finds."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest

import rowmill
from rowmill.domains.workforce.sql.finding import python_with_dbt
from rowmill.quality.exports.exporting import export_rules, write_export
from support.planted import FAULTS, SETTINGS, plant
from support.switches import switch
from support.tree import ROOT

PYTHON = ROOT / (switch("ROWMILL_EXPORTS") or ".venv-exports") / "bin/python"
SPECS = {
    "payments": {"rows": 50_000, "seed": 42, "fraud_rate": 0.01},
    "vitals": {"subjects_per_arm": 6_250, "seed": 42},
    "workforce": {"employees": 3_000, "start": 2025, "end": 2029, "seed": 42},
}
MADE_OTHERWISE = {"file", "rows", "column", "type"}
"""Kinds of checks that are of files, or of what a reader makes of them."""


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return, by domain, a folder that is right and one with every fault."""
    base = tmp_path_factory.mktemp("exports")
    for domain, spec in SPECS.items():
        rowmill.dataset(domain, **spec).write(base / domain, settings=SETTINGS.get(domain))
        shutil.copytree(base / domain, base / f"{domain}-broken")
        for table in {fault.table for fault in FAULTS if fault.domain == domain}:
            mine = [fault for fault in FAULTS if (fault.domain, fault.table) == (domain, table)]
            plant(base / f"{domain}-broken", table, mine)
    return base


@pytest.fixture(scope="module")
def reports(folders):
    """Return what ``validate`` finds in each folder."""
    return {place.name: rowmill.validate(place) for place in folders.iterdir()}


def expected(report, export, kinds):
    """Return (table, kind, rule) of what a tool must find: all that is broken of the kinds that it has words for."""
    left_out = {tuple(line.split(": ")[:2]) for line in export.left_out}
    return {
        (each.table, each.kind, ", ".join(each.columns) if each.kind in kinds else each.rule)
        for each in report.failures
        if each.kind not in MADE_OTHERWISE and (each.table, each.rule.split(": ")[0]) not in left_out
        and not (each.kind == "key" and (each.table, f"({', '.join(each.columns)})") in left_out)
    }  # fmt: skip


def seen_by(program, rules, folder):
    done = subprocess.run(
        [PYTHON, ROOT / "tests/exports" / program, rules, folder], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    return json.loads(done.stdout.splitlines()[-1])


BY_COLUMN = {"null", "range", "value", "pattern", "length", "key"}
PANDERA = [
    (re.compile(r"not_nullable"), "null"),
    (re.compile(r".+ is at (?:least|most) .+"), "range"),
    (re.compile(r".+ is one of \d+ values"), "value"),
    (re.compile(r".+ matches .+"), "pattern"),
    (re.compile(r".+ has at most \d+ characters"), "length"),
    (re.compile(r"\((.+)\) tells rows apart"), "key"),
]


def of_pandera(found):
    for table, pairs in found.items():
        for check, column in pairs:
            kind = next((kind for pattern, kind in PANDERA if pattern.fullmatch(check)), "rule")
            key = re.fullmatch(r"\((.+)\) tells rows apart", check)
            yield table, kind, key[1] if key else column if kind in BY_COLUMN else check


GX = {
    "expect_column_values_to_not_be_null": "null",
    "expect_column_values_to_be_between": "range",
    "expect_column_values_to_be_in_set": "value",
    "expect_column_values_to_match_regex": "pattern",
    "expect_column_value_lengths_to_be_between": "length",
    "expect_column_values_to_be_unique": "key",
    "expect_compound_columns_to_be_unique": "key",
    "expect_column_values_to_be_null": "rule",
}


def of_gx(found):
    for table, results in found.items():
        for kind, rule, _ in results:
            yield table, GX[kind], rule.strip("()") if GX[kind] == "key" else rule


@pytest.mark.parametrize("domain", SPECS)
@pytest.mark.parametrize("state", ["", "-broken"])
@pytest.mark.parametrize(
    ("tool", "program", "read"),
    [("pandera", "looks_pandera.py", of_pandera), ("great-expectations", "looks_gx.py", of_gx)],
)
def test_a_tool_finds_in_data_frames_what_validate_finds(
    tool, program, read, state, domain, folders, reports, tmp_path
):
    export = export_rules(folders / domain, tool)
    place = tmp_path / ("rules.py" if tool == "pandera" else "rules")
    write_export(export, place)

    found = set(read(seen_by(program, place, folders / f"{domain}{state}")))

    wanted = expected(reports[f"{domain}{state}"], export, BY_COLUMN)
    wanted = {each for each in wanted if each[1] != "foreign key"}
    assert found == wanted
    assert bool(found) == bool(state)


@pytest.mark.parametrize("domain", SPECS)
@pytest.mark.parametrize("state", ["", "-broken"])
def test_dbt_finds_in_sources_what_validate_finds(state, domain, folders, reports, tmp_path):
    place = folders / f"{domain}{state}"
    export = export_rules(folders / domain, "dbt")
    write_export(export, tmp_path)
    page = tmp_path / "models/rowmill.yml"
    page.write_text(page.read_text("utf-8").replace(f"{folders}/{domain}/", f"{place}/"), "utf-8")
    (tmp_path / "dbt_project.yml").write_text(
        "name: held\nversion: '1.0.0'\nprofile: held\nflags: {send_anonymous_usage_stats: false}\n"
    )
    (tmp_path / "profiles.yml").write_text(
        "held: {target: t, outputs: {t: {type: duckdb, path: ':memory:', threads: 2, settings: {TimeZone: UTC}}}}\n"
    )
    environment = os.environ | python_with_dbt().environment() | {"DBT_PROFILES_DIR": str(tmp_path)}
    dbt = python_with_dbt()
    done = subprocess.run(
        [dbt.path, "-m", "dbt.cli.main", "test"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    results = json.loads((tmp_path / "target/run_results.json").read_text("utf-8"))["results"]
    nodes = json.loads((tmp_path / "target/manifest.json").read_text("utf-8"))["nodes"]

    assert done.returncode == (1 if state else 0), done.stdout[-3_000:]
    assert {each["status"] for each in results} <= {"pass", "fail"}
    assert len(results) > 100
    found = {of_dbt(nodes[each["unique_id"]]) for each in results if each["status"] == "fail"}
    wanted = expected(reports[f"{domain}{state}"], export, {"null", "value"})
    assert found == {told(each) for each in wanted}


def of_dbt(node):
    """Return (table, kind or nothing, what) of a test of dbt."""
    test, table = node["test_metadata"], node["sources"][-1][1] if node["sources"] else ""
    table = node["attached_node"].split(".")[-1] if node.get("attached_node") else table
    kwargs = test["kwargs"]
    match test["name"]:
        case "not_null":
            return table, "null", kwargs["column_name"]
        case "accepted_values":
            return table, "value", kwargs["column_name"]
        case "unique":
            return table, "key", kwargs["column_name"]
        case "relationships":
            return table, "foreign key", kwargs["column_name"]
    return table, "", node["description"]


def told(check):
    """Return a check as a test of dbt tells it."""
    table, kind, rule = check
    if kind == "key":
        columns = re.fullmatch(r".+ \((.+)\)", rule)[1]
        return (table, "key", columns) if ", " not in columns else (table, "", f"unique ({columns})")
    if kind == "foreign key" and "where" not in rule:
        columns = re.match(r"\((.+?)\)", rule)[1]
        return (table, kind, columns) if ", " not in columns else (table, "", rule)
    return (table, kind, rule) if kind in ("null", "value") else (table, "", rule)
