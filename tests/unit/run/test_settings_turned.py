"""Each setting of a run, turned once, shows in what is written, is refused, or is said to have no effect."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import pytest

import rowmill
from rowmill.api.dataset import LazyDataset
from rowmill.core.errors import UsageError
from rowmill.run.settings import RunSettings
from support.fields import Leaf, leaves, replaced

PAYMENTS = rowmill.dataset(
    "payments", rows=300, seed=1, start="2025-11-29", end="2025-11-30", sizes={"customers": 40, "merchants": 40}
)
VITALS = rowmill.dataset("vitals", subjects_per_arm=40, seed=1)
WORKFORCE = rowmill.dataset("workforce", employees=60, seed=1, start=2025, end=2025)
CONTEXTS: dict[str, tuple[LazyDataset, Mapping[str, Any]]] = {
    "payments in Parquet": (PAYMENTS, {"tables": ["transactions"], "part_rows": 60}),
    "payments in one CSV file": (PAYMENTS, {"tables": ["transactions"], "format": "csv", "single_file": True}),
    "SDTM in transport files": (VITALS, {"tables": ["dm"], "format": "xpt"}),
    "workforce in Parquet": (WORKFORCE, {"tables": ["events"]}),
}
TURNS = {
    "tables": lambda data: list(data.model.tables)[:2],
    "compression": lambda _: "gzip",
    "partition_by": lambda data: "simulation_year" if data is WORKFORCE else "day",
    "row_group_rows": lambda _: 50,
    "part_rows": lambda _: 500_000,
    "name": lambda _: "{table}-{part}",
    "metrics_file": lambda _: "metrics.prom",
}
EFFORT = {"engine", "workers", "batch_size", "log_level", "log_format", "metrics_file"}
"""What a run takes and tells, which no file of a table shows; engines are compared elsewhere."""
THERE_ANYWAY = {
    ("payments in one CSV file", "single_file"),
    ("SDTM in transport files", "single_file"),
    ("SDTM in transport files", "part_rows"),
    ("payments in Parquet", "format"),
    ("workforce in Parquet", "format"),
    ("workforce in Parquet", "single_file"),
    ("workforce in Parquet", "part_rows"),
    ("workforce in Parquet", "partition_by"),
}
"""Values that ask for what is there without them: the usual format, a table of one part, a domain's usual folders."""


@pytest.mark.parametrize("name", CONTEXTS)
def test_a_setting_of_a_run_turned_once_shows_is_refused_or_is_said_to_have_no_effect(
    name: str, tmp_path: Path
) -> None:
    data, settings = CONTEXTS[name]
    values = RunSettings(workers=1, **settings).model_dump(mode="json")
    before = written(data, values, tmp_path / "before")

    wrong = []
    for leaf in leaves(RunSettings, values):
        field = str(leaf.path[0])
        elsewhere = field == "llm" and name != next(iter(CONTEXTS))
        if elsewhere or field in {"out", "inputs", *EFFORT} or leaf.key in {"llm", "tables.0"}:
            continue
        turned = replaced(values, leaf.path, other(leaf, data))
        try:
            found = written(data, turned, tmp_path / leaf.key)
        except UsageError as error:
            assert 1 <= len(str(error).splitlines()) <= 2  # noqa: PT017 - any refusal will do
            continue
        noted = any(f"run.{leaf.key}.".startswith(f"{note.partition(':')[0]}.") for note in found[1])
        if (found[0] != before[0]) == noted and (name, leaf.key) not in THERE_ANYWAY:
            wrong.append(f"{leaf.key}: {'a note, though it has an effect' if noted else 'no effect, and nothing said'}")

    assert before[1] == ()
    assert wrong == []


def other(leaf: Leaf, data: LazyDataset) -> Any:
    if leaf.key in TURNS:
        return TURNS[leaf.key](data)
    if get_origin(leaf.kind) is Literal:
        return next(choice for choice in get_args(leaf.kind) if choice != leaf.value)
    if isinstance(leaf.value, bool):
        return not leaf.value
    if leaf.kind in (int, float):
        return (leaf.value or 1) + 1
    return f"{leaf.value or ''}x"


def written(data: LazyDataset, values: Mapping[str, Any], out: Path) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the files of the tables with their content, and what was said."""
    summary = data.write(out, settings={key: value for key, value in values.items() if key != "out"})
    files = {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.suffix != ".json" and "_rowmill" not in path.parts
    }
    return files, summary.notes
