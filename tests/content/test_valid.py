"""50,000 rows of each domain, written by the real command, keep every rule by the real command."""

from __future__ import annotations

import json

import pytest

from rowmill.cli import main

ASKED = {
    "payments": ["--rows", "50_000"],
    "vitals": ["--subjects-per-arm", "6_250", "--preset", "realistic", "--tables", "vitals,subjects,truth,vs,dm"],
    "workforce": ["--employees", "3_000", "--start", "2025", "--end", "2029"],
}


@pytest.mark.parametrize("domain", ASKED)
def test_fifty_thousand_rows_keep_every_rule(domain, tmp_path, capsys):
    out = str(tmp_path / domain)
    assert main(["generate", domain, *ASKED[domain], "--seed", "42", "--workers", "1", "--quiet", "--out", out]) == 0
    capsys.readouterr()

    code = main(["validate", out, "--json", "--report", str(tmp_path / "report.json")])

    said = capsys.readouterr()
    report = json.loads(said.out)
    assert (code, report["ok"], said.err) == (0, True, "")
    assert json.loads((tmp_path / "report.json").read_text("utf-8")) == report
    assert sum(report["tables"].values()) > 40_000
    assert not [check for check in report["checks"] if check["failed"] or check["unchecked"]]
