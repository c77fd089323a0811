"""What a command writes is never what it reads, nor what nobody asked it to replace."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rowmill
from rowmill.cli import main
from rowmill.core.errors import UsageError
from support.pilots import plain, trial

SMALL = ("generate", "vitals", "--subjects-per-arm", "3", "--seed", "1", "--workers", "1", "--quiet")


@pytest.fixture
def run(capsys):
    """Return a function that runs a command line and returns (exit code, error)."""

    def command(*words):
        capsys.readouterr()
        code = main([str(word) for word in words])
        return code, capsys.readouterr().err

    return command


def refused(answer, *texts):
    code, said = answer
    assert code == 2
    assert len(said.strip().splitlines()) <= 2
    assert all(text in said for text in texts), said


@pytest.fixture(scope="module")
def pilot(tmp_path_factory):
    return plain(tmp_path_factory.mktemp("pilot"), trial(20))


@pytest.mark.parametrize("link", [None, "symlink_to", "hardlink_to"])
def test_a_fit_never_writes_over_its_pilot(pilot, tmp_path, run, link):
    own = tmp_path / "plain.csv"
    own.write_bytes(Path(pilot).read_bytes())
    target = own
    if link is not None:
        target = tmp_path / "model.json"
        getattr(target, link)(own)
    before = own.read_bytes()

    for extra in ((), ("--overwrite",)):
        refused(run("fit", "vitals", "--pilot", own, "-o", target, *extra), "is the file that pilot reads")
        refused(run("fit", "vitals", "--pilot", pilot, "--demographics", own, "-o", target, *extra), "demographics")
    assert own.read_bytes() == before


def test_a_fit_replaces_another_file_only_when_asked(pilot, tmp_path, run):
    target = tmp_path / "m.json"
    command = ("fit", "vitals", "--pilot", pilot, "-o", target, "--quiet")
    target.write_text("notes")

    refused(run(*command), "is there already", "--overwrite")
    assert target.read_text() == "notes"
    assert run(*command, "--overwrite") == (0, "")
    fitted = target.read_bytes()
    assert json.loads(fitted)["arms"] == ["Active", "Placebo"]
    assert run(*command) == (0, "")
    assert target.read_bytes() == fitted
    refused(run(*command[:-2], tmp_path, "--overwrite"), "is no ordinary file")


def test_an_overwrite_spares_what_the_run_reads(tmp_path, run):
    out, linked = tmp_path / "data", tmp_path / "elsewhere"
    assert (
        run(*SMALL, "--tables", "vs,dm", "--format", "csv", "--single-file", "--name", "{table}", "--out", out)[0] == 0
    )
    linked.symlink_to(out)
    config = out / "vs" / "c.yaml"
    config.write_text("data: {seed: 2}")
    held = {path: path.read_bytes() for path in out.rglob("*") if path.is_file()}
    pilot = ("--pilot", linked / "vs/vs.csv", "--demographics", out / "dm/dm.csv")

    for words in (
        (*SMALL, *pilot, "--visits", "Day 1=DAY 1,Week 4=WEEK 4"),
        (*SMALL, "--config", config),
        (*SMALL, "--env-file", config),
        (*SMALL, "--set", f"run.inputs.pilot={out / 'vs/vs.csv'}"),
    ):
        answer = run(*words, "--overwrite", "--out", linked)
        assert answer[0] == 2, words
    refused(run(*SMALL, "--config", config, "--out", linked, "--overwrite"), "may replace", "--config")
    assert {path: path.read_bytes() for path in out.rglob("*") if path.is_file()} == held


def test_the_library_spares_them_too(tmp_path):
    data = trial(20)
    data.write(tmp_path / "out", settings={"workers": 1, "format": "csv"})
    own = next((tmp_path / "out").glob("vitals/*.csv"))
    before = own.read_bytes()
    made = rowmill.dataset("vitals", seed=2, subjects_per_arm=3, inputs={"pilot": own})

    with pytest.raises(UsageError, match="input pilot reads"):
        made.write(tmp_path / "out", mode="overwrite", settings={"workers": 1})

    assert own.read_bytes() == before


def test_metrics_replace_metrics_and_nothing_else(tmp_path, run):
    file, notes, config = tmp_path / "m.prom", tmp_path / "notes.txt", tmp_path / "c.yaml"
    notes.write_text("mine")
    config.write_text("data: {seed: 1}")
    metrics = (*SMALL, "--config", config, "--metrics-file")

    assert run(*metrics, file, "--out", tmp_path / "a")[0] == 0
    first = file.read_text()
    assert run(*metrics, file, "--out", tmp_path / "b")[0] == 0
    assert file.read_text() != first
    refused(run(*metrics, notes, "--out", tmp_path / "c"), "no metrics of a run")
    refused(run(*metrics, config, "--out", tmp_path / "c"), "--config reads")
    refused(run(*metrics, tmp_path / "a/vitals/m", "--out", tmp_path / "a"), "lies in a folder of")
    assert notes.read_text() == "mine"
    assert not (tmp_path / "c").exists()
    assert all(path.suffix == ".parquet" for path in (tmp_path / "a/vitals").iterdir())
