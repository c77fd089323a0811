from __future__ import annotations

import json
import subprocess
import sys

import polars as pl
import pytest

from rowmill.cli import main
from rowmill.domains.vitals.fit.fitting import fit
from rowmill.domains.vitals.shipped import model_text, read_model, shipped_model
from rowmill.domains.vitals.spec import VitalsSpec
from rowmill.run.books.manifest import read
from support.pilots import rewritten, sdtm, trial


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    vs, dm = sdtm(tmp_path_factory.mktemp("pilot"), trial(60, realism={"dropout": {"mechanism": "mar"}}))
    return ["--pilot", vs, "--demographics", dm]


@pytest.fixture
def rowmill(capsys):
    """Return a function that runs a command line in this process and returns (exit code, out, err)."""

    def run(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def model(pilot, tmp_path, rowmill):
    path = tmp_path / "model.json"
    assert rowmill("fit", "vitals", *pilot, "-o", path, "--quiet") == (0, "", "")
    return path


def contents(out):
    return {path.parent.name: pl.read_parquet(path) for path in sorted(out.glob("*/*.parquet"))}


def test_a_fit_reports_what_it_used_and_what_it_left_out(pilot, tmp_path, rowmill):
    code, out, _ = rowmill("fit", "vitals", *pilot, "-o", tmp_path / "m.json", "--source", "A study")

    told = {line.split(maxsplit=1)[0]: line.split(maxsplit=1)[1] for line in out.splitlines()}
    assert code == 0
    assert told["subjects"] == "120: Active 60, Placebo 60"
    assert told["visit"].startswith("Week 12 is WEEK 12, day 84, 90 subjects")
    assert told.keys() >= {"ICC", "SD", "between", "within", "covariance", "model", "digits", "°F"}
    assert told["note"] == "readings of SYSBP, DIABP, PULSE: SUPINE"
    assert told["effect"].startswith("Active less Placebo at Week 12: SBP ")
    assert told["stayed"].startswith("to Week 12: Active 75.0%, Placebo 75.0%")
    assert read_model((tmp_path / "m.json").read_text("utf-8"), "m").source == "A study"


def test_programs_get_the_same_as_json(pilot, tmp_path, rowmill):
    code, out, _ = rowmill("fit", "vitals", *pilot, "-o", tmp_path / "m.json", "--json")

    told = json.loads(out)
    assert code == 0
    assert told["subjects"] == {"Active": 60, "Placebo": 60}
    assert 0.2 < told["icc"]["SBP"] < 0.9
    assert told["distance_to_positive_definite"] >= 0
    assert told["visits_ignored"] == {}
    model = json.loads((tmp_path / "m.json").read_text("utf-8"))
    assert told["retention"] == {arm: kept["Week 12"] for arm, kept in model["dropout"]["retention"].items()}
    last = {arm: by_visit["Week 12"][0] for arm, by_visit in model["means"].items()}
    assert told["effect"]["Active"]["SBP"] == round(last["Active"] - last["Placebo"], 3)


def test_a_model_file_reads_back_to_the_same_model_and_holds_no_subject(model, pilot):
    text = model.read_text("utf-8")
    people = pl.read_parquet(pilot[1])["USUBJID"].unique().to_list()

    assert model_text(read_model(text, "model")) == text
    assert read_model(text, "model") == fit(pilot[1], pilot[3]).model
    assert not any(name in text for name in people)
    assert len(text) < 6_000


def test_generating_from_the_model_is_generating_from_the_pilot(model, pilot, tmp_path, rowmill):
    common = ("generate", "vitals", "--subjects-per-arm", 300, "--seed", 3, "--workers", 1, "--quiet")

    codes = [
        rowmill(*common, "--model", model, "--out", tmp_path / "a")[0],
        rowmill(*common, *pilot, "--out", tmp_path / "b")[0],
    ]

    assert codes == [0, 0]
    first, second = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert all(first[name].equals(second[name]) for name in ("vitals", "subjects", "truth"))


def test_a_run_from_a_pilot_is_recognised_verified_and_finished(pilot, tmp_path, rowmill):
    line = ("generate", "vitals", "--method", "bootstrap", *pilot, "--subjects-per-arm", 300, "--seed", 3, "--json")
    catalogs = [f"--catalog={name[2:]}={path}" for name, path in zip(pilot[::2], pilot[1::2], strict=True)]

    first = rowmill(*line, "--out", tmp_path / "a", "--workers", 2)
    again = rowmill(*line, "--out", tmp_path / "a")
    checked = rowmill("verify", tmp_path / "a", *catalogs, "--quiet")

    assert first[0] == again[0] == checked[0] == 0
    assert json.loads(again[1])["skipped"]
    assert json.loads(again[1])["digest"] == json.loads(first[1])["digest"]


@pytest.mark.parametrize("preset", ["realistic", "earlier", "earlier,realistic"])
def test_a_preset_lies_under_the_flags_and_over_the_defaults(preset, tmp_path, rowmill):
    code, out, err = rowmill("config", "vitals", "--set", "data.realism.missed=0.2")
    assert (code, err) == (0, "")
    assert "missed: 0.2" in out

    code, out, err = rowmill(
        "generate", "vitals", "--preset", preset, "--subjects-per-arm", 50, "--seed", 1,
        "--set", "data.realism.missed=0.2", "--out", tmp_path / "o", "--quiet",
    )  # fmt: skip

    spec = read(str(tmp_path / "o")).spec
    assert (code, err) == (0, "")
    assert spec["realism"]["missed"] == 0.2
    assert spec["realism"]["digit_preference"] == ("realistic" in preset)
    assert spec["ranges"]["systolic"] == ([95, 200] if "earlier" in preset else [60, 260])


def test_what_ships_is_a_fit_with_its_source_and_no_study_of_its_own():
    shipped = shipped_model()

    total = [shipped.between[j][j] + shipped.within[j][j] for j in range(4)]
    pressures = (shipped.between[0][1] + shipped.within[0][1]) / (total[0] * total[1]) ** 0.5
    assert "CDISC SDTM/ADaM Pilot Project" in shipped.source
    assert "CDISCPILOT" not in shipped.model_dump_json() + VitalsSpec().study
    assert shipped.subjects >= 150
    assert shipped.between[0][0] / total[0] == pytest.approx(0.55, abs=0.05)
    assert pressures == pytest.approx(0.45, abs=0.05)


def refused(answer, *texts):
    code, out, err = answer
    assert code == 2
    assert out == ""
    assert 1 <= len(err.strip().splitlines()) <= 2
    assert all(text in err for text in texts)


def test_bad_pilots_end_in_a_line_and_leave_no_file(pilot, tmp_path, rowmill):
    out = tmp_path / "m.json"
    vs, dm = pilot[1], pilot[3]
    no_units = rewritten(vs, lambda frame: frame.drop("VSSTRESU", "VSORRESU"))

    def fitted(vs, dm, *more):
        return rowmill("fit", "vitals", "--pilot", vs, "--demographics", dm, "-o", out, *more)

    refused(fitted(no_units, dm), "no column VSORRESU")
    refused(fitted(vs, dm, "--visits", "Day 1=Day 1,Week 4=Week 40"), "Week 40")
    refused(fitted(vs, dm, "--arms", "Active=Active,Placebo=Nobody"), "Nobody")
    refused(fitted(vs, dm, "--duplicates", "last"), "fit.duplicates: got 'last'")
    refused(fitted(vs + "x", dm), "no such file")
    assert [path.name for path in tmp_path.iterdir()] == []


def test_a_model_file_that_cannot_be_used_is_refused(model, tmp_path, rowmill):
    good = json.loads(model.read_text("utf-8"))
    bent = [[1.0, 9.0, 0, 0], [9.0, 1.0, 0, 0], [0, 0, 1.0, 0], [0, 0, 0, 1.0]]
    broken = {
        "version None": {name: value for name, value in good.items() if name != "version"},
        "version 2": good | {"version": 2},
        "not positive definite": good | {"within": bent},
        "unknown key": good | {"rows": []},
        "nothing for arm": good | {"means": {"Active": good["means"]["Active"]}},
    }

    for text, content in broken.items():
        path = tmp_path / "bad.json"
        path.write_text(json.dumps(content), "utf-8")
        refused(rowmill("generate", "vitals", "--model", path, "--seed", 1, "--out", tmp_path / "o"), text)
    path.write_text("{", "utf-8")
    refused(rowmill("generate", "vitals", "--model", path, "--seed", 1, "--out", tmp_path / "o"), "is not JSON")
    refused(rowmill("generate", "vitals", "--model", "nowhere.json", "--out", tmp_path / "o"), "no such file")
    refused(rowmill("generate", "vitals", "--preset", "real", "--out", tmp_path / "o"), "did you mean 'realistic'")
    assert not (tmp_path / "o").exists()


def test_without_the_reader_of_transport_files_the_extra_is_named(tmp_path):
    path = tmp_path / "vs.xpt"
    path.write_bytes(b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000  ")
    hide = "import sys; sys.modules['pyreadstat'] = None; from rowmill.cli import main; sys.exit(main(sys.argv[1:]))"

    done = subprocess.run(
        [sys.executable, "-c", hide, "fit", "vitals", "--pilot", path, "-o", tmp_path / "m.json"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert "pip install 'rowmill[vitals]'" in done.stderr
    assert len(done.stderr.splitlines()) == 1
