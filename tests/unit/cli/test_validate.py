"""``rowmill validate`` as people and scripts see it."""

from __future__ import annotations

import json
import subprocess
import sys

import rowmill


def run(*words):
    return subprocess.run([sys.executable, "-m", "rowmill", *words], capture_output=True, text=True, check=False)


def test_the_command_says_what_broke_in_lines_and_in_json(tmp_path):
    place = tmp_path / "t.csv"
    place.write_text("id,price\n1,5\n2,-7\n2,8\n")
    (tmp_path / "rules.yaml").write_text("tables:\n  t:\n    columns: {price: {minimum: 0}}\n    primary_key: [id]\n")

    done = run("validate", str(place), "--rules", str(tmp_path / "rules.yaml"), "--json")

    assert done.returncode == 3
    report = json.loads(done.stdout)
    broken = {each["kind"]: each for each in report["checks"] if each["failed"]}
    assert (report["ok"], report["failures"], report["tables"]) == (False, 2, {"t": 3})
    assert broken["range"]["examples"] == [{"id": 2, "price": -7}]
    assert broken["key"]["examples"] == [{"id": 2, "rows": 2}]
    assert done.stderr.splitlines() == [
        f"rowmill: {place}: 2 of 3 checks are broken",
        "t: primary key (id): broken by 1 of 3 rows: id 2, rows 2",
        "t: price lies in 0 to …: broken by 1 of 3 rows: id 2, price -7",
    ]


def test_a_clean_table_is_one_line(tmp_path):
    rowmill.dataset("vitals", subjects_per_arm=5, seed=1).write(tmp_path / "trial")

    done = run("validate", str(tmp_path / "trial"))

    assert (done.returncode, done.stdout) == (0, "")
    (line,) = done.stderr.splitlines()
    assert line.endswith("checks kept (vitals 40, subjects 10, truth 118 rows)")


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_read(tmp_path):
    done = run("validate", str(tmp_path / "nothing"), "--report", str(tmp_path / "no" / "report.json"))

    assert done.returncode == 2
    assert "there is no folder" in done.stderr


def test_a_report_takes_no_place_of_what_is_read(tmp_path):
    place = tmp_path / "t.csv"
    place.write_text("id\n1\n")
    book = tmp_path / "rules.yaml"
    book.write_text("tables: {t: {primary_key: [id]}}\n")

    for read in (place, book):
        done = run("validate", str(place), "--rules", str(book), "--report", str(read))

        assert done.returncode == 2
        assert "name another one to write" in done.stderr
    assert (place.read_text(), book.read_text()[:6]) == ("id\n1\n", "tables")


def test_a_report_replaces_a_report_and_nothing_else(tmp_path):
    place, book, notes, report = (tmp_path / name for name in ("t.csv", "rules.yaml", "notes.json", "report.json"))
    place.write_text("id\n1\n")
    book.write_text("tables: {t: {primary_key: [id]}}\n")
    notes.write_text('{"mine": 1}')

    refused = run("validate", str(place), "--rules", str(book), "--report", str(notes))
    twice = [run("validate", str(place), "--rules", str(book), "--report", str(report)) for _ in range(2)]

    assert (refused.returncode, notes.read_text()) == (2, '{"mine": 1}')
    assert "is there already, and is no report of rowmill's" in refused.stderr
    assert [each.returncode for each in twice] == [0, 0]
    assert json.loads(report.read_text())["ok"]


def test_a_misspelt_column_of_the_users_rules_is_refused_with_the_one_that_was_meant(tmp_path):
    place, book = tmp_path / "t.csv", tmp_path / "rules.yaml"
    place.write_text("SystolicBP,DiastolicBP\n120,80\n")
    book.write_text("tables: {t: {rules: [{name: pressure, check: SystolicBPP - DiastolicBP >= 20}]}}\n")

    done = run("validate", str(place), "--rules", str(book))

    assert done.returncode == 2
    assert "rule 'pressure': t has no column 'SystolicBPP'; did you mean 'SystolicBP'?" in done.stderr


def test_a_column_that_a_run_left_out_is_not_checked_and_that_is_said_beside_what_broke(tmp_path):
    columns = ["SubjectID", "VisitName", "SystolicBP"]
    rowmill.dataset("vitals", subjects_per_arm=5, seed=1).write(
        tmp_path / "trial", settings={"tables": ["vitals"]}, columns=columns
    )
    book = tmp_path / "rules.yaml"
    rules = "{name: gap, check: SystolicBP > DiastolicBP}, {name: high, check: SystolicBP > 500}"
    book.write_text(f"tables: {{vitals: {{rules: [{rules}]}}}}\n")

    done = run("validate", str(tmp_path / "trial"), "--rules", str(book))

    assert done.returncode == 3
    assert "vitals: high: broken by 40 of 40 rows" in done.stderr
    assert "not checked: vitals: gap: column DiastolicBP is not there" in done.stderr
