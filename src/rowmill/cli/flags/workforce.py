"""The flags of ``generate workforce`` and ``preview workforce``."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.flags import CommittedRun, Days, DomainFlags, Flag, lay_flags, lay_presets, words_of

if TYPE_CHECKING:
    from rowmill.api.config import ConfigDraft

USUAL_YEARS = 5
THREADS = "POLARS_MAX_THREADS"
_COMMANDS = ("build", "parity")
_FLAGS = (
    Flag("--start", "data.start", "YEAR", "First year; alone, the first of five."),
    Flag("--end", "data.end", "YEAR", "Last year."),
    Flag("--years", None, "YEAR ...", "The years in a row, in place of --start and --end: 2025 2026 2027.", many=True),
    Flag("--year", None, "YEAR", "Make this year alone: exactly the rows that the whole period has in it."),
    Flag("--employees", "data.employees", "N", "People at the start; 5_000 and 5e3 are read too."),
    Flag("--census", "run.inputs.census", "FILE", "Your own people at the start, CSV or Parquet."),
    Flag("--census-columns", None, "NAME=COLUMN,...", "What the census calls its columns: hire_date=Joined."),
    Flag("--seed", "data.seed", "N", "Seed of every value; without it one is drawn, shown and stored."),
    Flag("--growth", "data.growth.target", "SHARE", "Growth of the headcount a year, met exactly."),
    Flag("--scenario", None, "NAME ...", "Scenarios, all in one dataset; no draw depends on them.", many=True),
    Flag("--plan", "data.plan", "NAME", "Plan design, in ids and columns."),
    Flag("--levers", None, "FILE", "CSV of parameter_name and parameter_value; flags of their own win over it."),
    Flag("--preset", None, "simple", "A group of settings; --levers and flags of their own win over it."),
    Flag("--engine", "run.engine", "arrays|sql", "What makes the rows: arrays in bulk, or dbt models; both the same."),
)
_WRITING = (Flag("--dbt", None, "build|parity", "Then build state and metrics with dbt, as `rowmill dbt` does."),)
_NESTED = {
    "polars.max_threads": "run.workers",
    "polars.batch_size": "run.batch_size",
    "polars.output_path": "run.out",
    "polars.enable_profiling": None,
    "sql.dbt_threads": "run.workers",
    "sql.use_event_sharding": None,
}
_EARLIER = {
    "performance.event_generation_mode": "run.engine",
    **{f"{above}{key}": now for above in ("performance.", "") for key, now in _NESTED.items()},
}
"""The keys of the earlier tool: in one section, and with its groups at the top."""


def _lay(given: Mapping[str, str | None], draft: ConfigDraft) -> Days:
    """Lay presets, then levers, then flags over a draft."""
    if given.get("dbt") is not None:
        _check_dbt(given, draft)
    if given.get("preset") is not None:
        lay_presets(str(given["preset"]), "workforce", draft)
    if given.get("levers"):
        from rowmill.cli.flags.levers import lay_levers

        _lay_scope(given, draft)
        lay_levers(str(given["levers"]), draft, simple="simple" in words_of(str(given.get("preset") or "")))
    lay_flags(_FLAGS, given, draft)
    _lay_scope(given, draft)
    if given.get("census_columns"):
        draft.add_flags({"data.census.columns": ("--census-columns", _columns(str(given["census_columns"])))})
    if os.environ.get(THREADS, "").strip() and draft.get("run.workers") is None:
        draft.add_flags({"run.workers": (THREADS, os.environ[THREADS])})
    if given.get("year") is None:
        return None, None
    [year] = _years("--year", str(given["year"]), most=1)
    return date(year, 1, 1), date(year, 12, 31)


def _lay_scope(given: Mapping[str, str | None], draft: ConfigDraft) -> None:
    """Lay the years and the scenarios."""
    lay_flags(tuple(flag for flag in _FLAGS if flag.key in ("data.start", "data.end")), given, draft)
    _lay_years(given, draft)
    if given.get("scenario") is not None:
        names = words_of(str(given["scenario"]))
        if not names:
            raise click.UsageError("--scenario: got an empty text; give a value, or leave the flag out")
        draft.add_flags({"data.scenarios": ("--scenario", json.dumps(names, ensure_ascii=False))})


def _check_dbt(given: Mapping[str, str | None], draft: ConfigDraft) -> None:
    """Refuse, before anything is made, a run whose result dbt could not read."""
    from rowmill.domains.workforce.sql.dbt import require_place, source_text
    from rowmill.domains.workforce.sql.finding import python_with_dbt

    if given["dbt"] not in _COMMANDS:
        raise click.UsageError(f"--dbt {given['dbt']}: give one of {', '.join(_COMMANDS)}")
    for flag in ("columns", "part", "tables"):
        if given.get(flag):
            raise click.UsageError(f"--dbt and --{flag}: dbt reads the tables whole; leave --{flag} out")
    if (given.get("format") or draft.get("run.format") or "parquet") != "parquet":
        raise click.UsageError("--dbt and --format: dbt reads Parquet files; leave --format out")
    from rowmill.api.models import folder_of

    python_with_dbt()
    if out := given.get("out") or draft.get("run.out"):
        folder = folder_of(str(out))
        source_text(folder)
        require_place(folder)


def _after(given: Mapping[str, Any], written: CommittedRun) -> dict[str, Any]:
    """Build the models over what was written, if that was asked for, and return what came of it."""
    if given["dbt"] is None:
        return {}
    from rowmill.api.models import build_models
    from rowmill.cli.dbt import models_json, show_models

    results = build_models(written.destination, given["dbt"], threads=written.settings.workers)
    show_models(results, written.destination, quiet=given["quiet"] or given["as_json"])
    return {"dbt": {"command": given["dbt"], **models_json(results)}}


def _lay_years(given: Mapping[str, str | None], draft: ConfigDraft) -> None:
    """Lay the first and the last year that ``--years`` means; a first one alone begins five years."""
    if given.get("years") is None:
        if given.get("start") is not None and draft.get("data.end") is None:
            [first] = _years("--start", str(given["start"]), most=1)
            draft.add_flags({"data.end": ("--start", str(first + USUAL_YEARS - 1))})
        return
    for other in ("start", "end"):
        if given.get(other) is not None:
            raise click.UsageError(
                f"--years and --{other}: years in a row, or the first and the last; give one of them"
            )
    years = _years("--years", str(given["years"]))
    if years != list(range(years[0], years[0] + len(years))):
        raise click.UsageError(f"--years {' '.join(map(str, years))}: not one after the other; give 2025 2026 2027")
    draft.add_flags({"data.start": ("--years", str(years[0])), "data.end": ("--years", str(years[-1]))})


def _years(flag: str, text: str, most: int = 1000) -> list[int]:
    words = words_of(text)
    if not words or len(words) > most or not all(word.isdecimal() and len(word) == 4 for word in words):
        raise click.UsageError(f"{flag} {' '.join(words)}: a year has four digits, such as 2025")
    return [int(word) for word in words]


def _columns(text: str) -> str:
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not pairs or not all(name.strip() and equals and column.strip() for name, equals, column in pairs):
        raise click.UsageError(f"--census-columns {text}: not of the form hire_date=Joined,department=Team")
    return json.dumps({name.strip(): column.strip() for name, _, column in pairs}, ensure_ascii=False)


FLAGS = DomainFlags(_FLAGS, _lay, _WRITING, _after, earlier=_EARLIER)
