"""Every setting of every domain at its ends and beyond: refused in a line with nothing written, or made and sound."""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from rowmill.api.config import plain_defaults
from rowmill.api.dataset import dataset
from rowmill.cli import main
from rowmill.core.errors import SpecError, UsageError
from rowmill.domains.registry import DOMAINS, domain
from rowmill.model.dataset import Dataset
from rowmill.model.spec import Section
from rowmill.run.settings import RunSettings
from support.extremes import extremes, outside, small_specs
from support.fields import Leaf, leaves, merged, setting
from support.switches import switch

ALL = bool(switch("ROWMILL_FAULTS"))
WHOLE = 4
"""Cases of each base that run from the command to the files where not all do."""
MOST = 2_000
"""Rows or entities that are made; a spec of more is only built."""
ELSEWHERE = {"out", "metrics_file", "inputs", "llm", "workers"}
"""Settings of a run that other tests try: where it writes, what it reads, whom it asks, who works."""
TRIAL = {"seed": 1, "subjects_per_arm": 3}


@dataclass(frozen=True)
class Case:
    """One value at one place of a small configuration."""

    domain: str
    configuration: Mapping[str, Any]
    leaf: Leaf
    value: Any

    @property
    def name(self) -> str:
        """Return which setting has which value."""
        return f"{self.domain} {self.leaf.key} = {json.dumps(self.value)[:80]}"

    @property
    def number(self) -> int:
        """Return a number that spreads cases evenly and is the same in every run."""
        return int(hashlib.md5(self.name.encode(), usedforsecurity=False).hexdigest()[:8], 16)


def turned(section: type[Section], base: Mapping[str, Any], left_out: set[str]) -> Iterator[tuple[Any, Leaf, Any]]:
    """Yield (settings, leaf, value) for every value of every field of a section, one changed at a time."""
    found = {leaf.path: leaf for leaf in leaves(section, merged(section, plain_defaults(section), base))}
    for leaf in found.values():
        if leaf.path[0] not in left_out:
            written = setting(leaf, found)
            for value in extremes(leaf):
                yield merged(section, base, written(value)), leaf, value


def cases(name: str, label: str) -> list[Case]:
    """Return every case of a base, or of the settings of runs."""
    if label == "runs":
        made = turned(RunSettings, {}, ELSEWHERE)
        return [Case(name, {"data": TRIAL, "run": run}, leaf, value) for run, leaf, value in made]
    base, left_out = small_specs(name)[label]
    made = turned(domain(name).spec_type, {"seed": 1, **base}, set(left_out))
    return [Case(name, {"data": data}, leaf, value) for data, leaf, value in made]


BASES = [*((name, label) for name in sorted(DOMAINS) for label in small_specs(name)), ("vitals", "runs")]


def built(case: Case) -> Dataset | str:
    """Return the dataset of a case, or what refuses it."""
    try:
        return dataset(case.domain, **case.configuration["data"]).model
    except UsageError as error:
        return str(error)


def run_through(case: Case, folder: Path, capfd: pytest.CaptureFixture[str]) -> tuple[str, str]:
    """Return (what is wrong, what became of it) of a case that runs from the command to the files."""
    config, out = folder / "config.json", folder / "out"
    config.write_text(json.dumps(case.configuration), "utf-8")
    words = ["generate", case.domain, "--config", str(config), "--out", str(out), "--workers", "1", "--quiet"]
    if case.configuration["data"].get("rows_per_day"):
        words += ["--date", "2025-11-03"]
    code = main(words)
    said = capfd.readouterr().err
    if code == 2:
        wrong = "claimed a folder" if out.exists() else complaint(said.removeprefix("rowmill: "))
        return f"{wrong}: {said}" if wrong else "", "refused"
    if code or "Warning" in said:
        return f"exit {code}: {said}", "broken"
    made = built(case)
    if main(["verify", str(out), "--quiet"]) or isinstance(made, str):
        return f"verify: {capfd.readouterr().err} {made}", "broken"
    tables = made.tables.items()
    problems = [outside(table.schema, sorted((out / name).rglob("*.parquet"))) for name, table in tables]
    return "; ".join(filter(None, problems)), "made"


def complaint(said: str) -> str:
    """Return what is wrong with a refusal."""
    lines = said.strip().splitlines()
    if not 1 <= len(lines) <= 11 or max(map(len, lines), default=0) > 700:
        return f"a refusal of {len(lines)} lines"
    for word in ("Error", "Warning", "pydantic", "Traceback", "exceeded maximum", "valid tuple"):
        if word in said:
            return f"speaks of {word!r}"
    return ""


def is_large(made: Dataset) -> bool:
    """Return whether making it would take long."""
    spec = made.spec.model_dump()
    sizes = [spec.get(key) or 0 for key in ("rows", "rows_per_day", "subjects_per_arm", "employees")]
    return max(sizes + [size or 0 for size in spec.get("sizes", {}).values()]) > MOST


@pytest.mark.parametrize(("name", "label"), BASES)
def test_each_setting_is_refused_or_made_whatever_it_is_given(name, label, tmp_path, capfd, record_testsuite_property):
    every = sorted(cases(name, label), key=lambda case: case.number)
    first = {case.leaf.path: case for case in every}
    chosen = every if ALL else [*first.values()]
    wrong, whole, seen = [], 0, {"refused": 0, "built": 0, "made": 0}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for number, case in enumerate(chosen):
            try:
                made = built(case)
            except Exception as error:
                wrong.append(f"{case.name}: {type(error).__name__}: {error}")
                continue
            refused = isinstance(made, str)
            problem, became = (complaint(made), "refused") if refused else ("", "built")
            if label == "runs" or ((ALL or whole < WHOLE) and (refused or not is_large(made))):
                whole += not refused
                if not refused or ALL or number % 20 == 0:
                    folder = tmp_path / str(number)
                    folder.mkdir()
                    problem, became = run_through(case, folder, capfd)
            seen[became] = seen.get(became, 0) + 1
            if problem:
                wrong.append(f"{case.name}: {problem}")
    record_testsuite_property(f"{name} {label}", f"{len(chosen)} of {len(every)}, {seen}")

    assert not wrong, "\n".join(wrong)
    assert seen["refused"]
    assert seen["made"] + seen["built"]
    assert {case.leaf.path for case in chosen} == {case.leaf.path for case in every}


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("payments", {"amounts": {"exchange_rates": {"EUR": 0}}}, "data.amounts.exchange_rates.EUR: got 0; "),
        ("payments", {"amounts": {"exchange_rates": {"XXX": 1}}}, "data.amounts.exchange_rates: got 'XXX'; known: AED"),
        ("payments", {"standing": {}}, "data.standing: got {}; one kind or more needs a weight above 0"),
        ("vitals", {"rules": {"sd": [0, 9, 9, 0.4]}, "method": "rules"}, "data.rules.sd.0: got 0; "),
        ("workforce", {"start": 2018}, "data.start: got 2018; limits of plans are published from 2019 on"),
    ],
)
def test_every_route_refuses_alike_and_writes_nothing(name, data, said, tmp_path, capfd):
    config, out = tmp_path / "config.json", tmp_path / "out"
    config.write_text(json.dumps({"data": data}), "utf-8")
    routes = [["config"], ["preview"], ["generate", "--out", str(out)], ["generate", "--out", str(out), "--dry-run"]]
    told = []
    for command, *words in routes:
        assert main([command, name, "--config", str(config), *words]) == 2
        told.append(capfd.readouterr().err)
    with pytest.raises(SpecError) as caught:
        dataset(name, **data)

    assert told[0].startswith(f"rowmill: {said}")
    assert set(told) == {f"rowmill: {caught.value} (from {config})\n"}
    assert not out.exists()
