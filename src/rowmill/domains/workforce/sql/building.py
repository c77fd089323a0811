"""dbt on what a run wrote: models of state and metrics in a DuckDB file beside the tables, and tests of both."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from rowmill.core.errors import IntegrityError
from rowmill.domains.workforce.sql.dbt import Results, Workspace, explain, run_dbt
from rowmill.domains.workforce.sql.engine import DATABASE, company_of, input_tables, write_inputs
from rowmill.model.dataset import Dataset

_INPUTS = "_rowmill/dbt_inputs"
_WITHOUT_GENERATION = ("--exclude", "tag:event_generation")


def build(dataset: Dataset, out: Path, command: Sequence[str], threads: int) -> tuple[Path, Results]:
    """Run a command of dbt on the tables of a destination; return the database and what was done.

    Args:
        dataset: what the destination holds, with events and snapshots whole, in Parquet.
        out: the destination.
        command: such as ``["build"]``; alone, it leaves out the models that make events anew.
        threads: of dbt and DuckDB.

    Raises:
        UsageError: if dbt is not installed.
        IntegrityError: if a model or a test fails.
        RowmillError: if dbt could not even begin.
    """
    place = out.absolute()
    inputs, database = place / _INPUTS, place / DATABASE
    write_inputs(input_tables(company_of(dataset)), inputs)
    variables = {
        "inputs_path": str(inputs),
        "polars_events_path": str(place / "events"),
        "polars_snapshots_path": str(place / "snapshots"),
    }
    with tempfile.TemporaryDirectory(prefix="rowmill-dbt-") as folder:
        words = [*command, *_WITHOUT_GENERATION] if len(command) == 1 else list(command)
        results = run_dbt(words, Workspace(Path(folder), database, variables, threads))
    if results.failed:
        raise IntegrityError(f"dbt {' '.join(command)}: {len(results.failed)} failed\n{explain(results)}")
    return database, results
