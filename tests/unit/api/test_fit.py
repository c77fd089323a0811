"""The library's fit: the same model and report as the command's, and a file only where one is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rowmill
from rowmill.cli import main
from support.pilots import plain, sdtm, trial


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    vs, dm = sdtm(tmp_path_factory.mktemp("pilot"), trial(30))
    return {"pilot": Path(vs), "demographics": dm}


def test_the_library_fits_what_the_command_fits(pilot, tmp_path, capsys):
    command = ["fit", "vitals", "--pilot", str(pilot["pilot"]), "--demographics", pilot["demographics"], "--json"]
    assert main([*command, "-o", str(tmp_path / "command.json"), "--source", "A study"]) == 0
    told = json.loads(capsys.readouterr().out)

    fitted = rowmill.fit("vitals", **pilot, source="A study", out=tmp_path / "library.json")

    assert (tmp_path / "library.json").read_text("utf-8") == fitted.text
    assert (tmp_path / "command.json").read_text("utf-8") == fitted.text
    assert json.loads(fitted.report.to_json()) == {name: fact for name, fact in told.items() if name != "model"}
    assert "subjects    60: Active 30, Placebo 30" in str(fitted.report).splitlines()


def test_a_fitted_model_makes_the_data_that_its_file_makes(pilot, tmp_path):
    fitted = rowmill.fit("vitals", **pilot)
    asked = {"subjects_per_arm": 40, "seed": 3}

    of_model = rowmill.dataset("vitals", model=fitted.model, **asked)
    of_file = rowmill.dataset("vitals", model=json.loads(fitted.text), **asked)

    assert of_model.fingerprint == of_file.fingerprint
    assert of_model["vitals"].to_polars().equals(of_file["vitals"].to_polars())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        ("vitals", {"pilott": "vs.csv"}, "did you mean 'pilot'"),
        ("vitals", {}, "lacks pilot"),
        ("vitals", {"pilot": "nowhere.csv"}, "no such file"),
        ("vitals", {"pilot": "s3://bucket/vs.csv"}, "pilot"),
        ("vitals", {"pilot": "vs.csv", "out": "no/folder/m.json"}, "make it first"),
        ("vitals", {"pilot": "vs.csv", "out": "vs.csv"}, "is the file that pilot reads"),
        ("payments", {"pilot": "vs.csv"}, "is not fitted to data; vitals is"),
        ("vital", {"pilot": "vs.csv"}, "unknown"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_a_line(name, fields, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(plain(tmp_path, trial(20))).rename("vs.csv")
    before = Path("vs.csv").read_bytes()

    with pytest.raises(rowmill.RowmillError, match=said) as found:
        rowmill.fit(name, **fields)

    assert len(str(found.value).splitlines()) <= 2
    assert [path.name for path in tmp_path.iterdir()] == ["vs.csv"]
    assert Path("vs.csv").read_bytes() == before
