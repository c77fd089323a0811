"""``rowmill generate DOMAIN``: make a dataset, or a slice of one, and write it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.flags import CommittedRun, domain_flags
from rowmill.cli.flags.run import REPORT_FLAGS, RUN_FLAGS
from rowmill.cli.groups import LazyGroup, SectionedCommand
from rowmill.cli.reports import reports
from rowmill.cli.request import Asked, ask, config_options, parse_columns, parse_share
from rowmill.core.errors import IntegrityError
from rowmill.core.paths import at_home
from rowmill.domains.registry import DOMAINS

if TYPE_CHECKING:
    from rowmill.api.facts import Facts
    from rowmill.cli.metrics import Measured
    from rowmill.quality.drift.report import DriftReport
    from rowmill.run.request import Mode, Slice
    from rowmill.run.runner import Progress
    from rowmill.run.settings import RunSettings
    from rowmill.run.summary import Summary


def _command(domain: str) -> click.Command:
    """Return the command of one domain: its own flags first, then those that every run has."""
    return SectionedCommand(
        domain,
        callback=partial(_generate, domain),
        help=f"Make {domain} data and write it to a directory.",
        sections={
            "Data": [
                *(flag.option() for flag in domain_flags(domain).flags),
                click.Option(["--columns"], metavar="A,B", help="Columns of the main table to compute and write."),
            ],
            "Run": [
                *(flag.option() for flag in (*domain_flags(domain).writing, *RUN_FLAGS)),
                click.Option(
                    ["--part"], metavar="I/N", help="Make the I-th of N shares; `rowmill finalize` publishes."
                ),
                click.Option(["--overwrite"], is_flag=True, help="Replace what another run left there, once done."),
                click.Option(["--resume"], is_flag=True, help="Continue an unfinished run, with its stored seed."),
                click.Option(["--dry-run"], is_flag=True, help="Say rows, bytes, seconds and disk; write nothing."),
            ],
            "Configuration": config_options(),
            "Report": [
                *(flag.option() for flag in REPORT_FLAGS),
                click.Option(["-v", "--verbose"], count=True, help="Log the run on standard error; -vv logs more."),
                click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on standard output."),
                click.Option(["--quiet"], is_flag=True, help="Neither progress bar nor table."),
            ],
        },
    )


@click.group(cls=LazyGroup, lines={name: f"Make {name} data." for name in DOMAINS}, load=_command, noun="domain")
def generate() -> None:
    """Make a dataset and write it to a directory."""


def _generate(domain: str, /, **given: Any) -> None:
    with _measured(domain, given) as measured:
        report = _run(domain, given, measured)
    # The run ended well: what drifted stands there.
    if report is not None and not report.ok:
        from rowmill.cli.drift import drift_lines

        raise IntegrityError("\n".join(drift_lines(report)))


def _measured(domain: str, given: Mapping[str, Any]) -> Measured:
    """Return what writes the metrics of a run, as far as its flags say where they go."""
    from rowmill.cli.metrics import Measured

    file = None if given["dry_run"] or not given["metrics_file"] else at_home(given["metrics_file"], "--metrics-file")
    return Measured(domain, file, _given_files(domain, given), Path(given["out"]) if given["out"] else None)


def _run(domain: str, given: dict[str, Any], measured: Measured) -> DriftReport | None:
    from rowmill.api.dataset import slice_of
    from rowmill.run.prepare import label_of

    mode, part = _mode(given), parse_share(given["part"])
    asked = ask(domain, given, writes=True, resume=mode == "resume")
    if not given["dry_run"]:
        measured.file = asked.settings.metrics_file
    what = slice_of(asked.model, asked.days, parse_columns(given["columns"]), part)
    calendar = asked.model.calendar
    measured.slice = label_of(calendar, what.windows or calendar.slice(None, None))
    if given["dry_run"]:
        _estimate(asked, what, overwrite=mode == "overwrite", as_json=given["as_json"])
        return None
    summary = _write(asked, what, mode, given, measured)
    report = _drift(asked.settings, summary)
    measured.write(summary, report)
    more: Mapping[str, Any] = {}
    if summary.committed:
        more = domain_flags(domain).after(given, CommittedRun(asked.model, asked.settings, summary.destination))
    out = asked.settings.out or ""
    if summary.committed and mode != "new":
        _note_damage(out)
    facts = None if given["quiet"] and not given["as_json"] else _facts(out, summary)
    if given["as_json"]:
        told = {"facts": facts and facts.to_json(), "drift": report and report.to_json(drifted=True)}
        click.echo(json.dumps(summary.to_json() | told | dict(more)))
    elif not given["quiet"]:
        from rowmill.cli.report import show_summary

        show_summary(summary, facts)
    return report


def _write(asked: Asked, what: Slice, mode: Mode, given: dict[str, Any], measured: Measured) -> Summary:
    from rowmill.cli.metrics import check_metrics_file
    from rowmill.cli.progress import progress_bar, progress_records
    from rowmill.core.outputs import refuse_inputs_within
    from rowmill.run.making.memory import keep_freed_memory
    from rowmill.run.runner import write
    from rowmill.sinks.registry import destination

    keep_freed_memory()
    inputs = measured.inputs = _inputs(asked, given)
    folder = measured.out = None if asked.settings.out is None else destination(asked.settings.out).local_folder
    if folder is not None and mode == "overwrite":
        refuse_inputs_within("--out", folder, inputs)
    if asked.settings.metrics_file is not None:
        check_metrics_file(asked.settings.metrics_file, inputs, folder)
    said = reports()
    if asked.settings.against is not None:
        from rowmill.quality.drift.comparing import refuse_nothing

        refuse_nothing(asked.settings.against, asked.settings.out)
    with progress_bar(shown=not (given["quiet"] or given["as_json"] or said.logging)) as move:
        progress = _SeedFirst(asked, progress_records(said) if said.form == "json" else move)
        summary = write(asked.model, asked.settings, what, mode=mode, progress=progress)
        progress.tell()
    return replace(summary, notes=asked.model.notes)


def _drift(settings: RunSettings, summary: Summary) -> DriftReport | None:
    """Return how the slice compares with earlier data, if that is asked for and there is some."""
    if settings.against is None or not summary.committed:
        return None
    from rowmill.quality.drift.comparing import slice_drift

    report = slice_drift(settings.against, settings.out or "", summary.slice)
    if report is None:
        reports().note(f"--against: nothing lies before slice {summary.slice}, so it was not compared")
    return report


def _inputs(asked: Asked, given: dict[str, Any]) -> dict[str, str]:
    """Return the files that a run reads, by the flag or the key that names them."""
    from rowmill.model.inputs import inputs_of

    read = _given_files(asked.model.domain, given)
    files = {**inputs_of(asked.settings.inputs), **asked.model.inputs}
    known = set(read.values())
    return read | {f"run.inputs.{name}": file.path for name, file in files.items() if file.path not in known}


def _given_files(domain: str, given: Mapping[str, Any]) -> dict[str, str]:
    """Return the files that flags name, by the flag."""
    flags = {flag.parameter: flag.name for flag in domain_flags(domain).flags if flag.metavar == "FILE"}
    named = {**flags, "config_file": "--config", "env_file": "--env-file"}
    given_paths = {name: str(given[parameter]) for parameter, name in named.items() if given.get(parameter)}
    return {name: str(Path(at_home(path, name)).absolute()) for name, path in given_paths.items()}


class _SeedFirst:
    """Progress that says which seed was drawn as soon as rows are made: until then the run may still be refused."""

    def __init__(self, asked: Asked, move: Progress | None) -> None:
        self._asked = asked
        self._move = move
        self._told = False

    def __call__(self, done: int, total: int) -> None:
        """Tell, then move the bar."""
        self.tell()
        if self._move is not None:
            self._move(done, total)

    def tell(self) -> None:
        """Say the seed, unless it was said."""
        if not self._told:
            self._asked.show_origin()
            self._told = True


def _note_damage(out: str) -> None:
    """Say which records are damaged still: an overwrite, which has done its part, mends one slice after another."""
    from rowmill.run.books.survey import survey
    from rowmill.sinks.registry import destination

    for other in survey(destination(out)).damaged:
        reports().note(other.message)


def _facts(out: str, summary: Summary) -> Facts | None:
    from rowmill.api.facts import facts

    entry = summary.entry
    return None if entry is None else facts(out, entry.identity.main, [entry])


def _estimate(asked: Asked, what: Slice, *, overwrite: bool, as_json: bool) -> None:
    from rowmill.api.estimate import estimate
    from rowmill.cli.report import show_estimate

    found = estimate(asked.model, asked.settings, what, overwrite=overwrite)
    more: tuple[str, ...] = ()
    if what.part is not None:
        more = (f"--part {what.part[0]}/{what.part[1]}: rows, bytes and files are those of all shares",)
    asked.show_notes(*more)
    if as_json:
        click.echo(json.dumps(found.to_json() | {"notes": (*asked.model.notes, *more)}))
    else:
        show_estimate(found)


def _mode(given: dict[str, Any]) -> Mode:
    if given["overwrite"] and given["resume"]:
        raise click.UsageError("--overwrite and --resume: replace what is there or continue it; give one of them")
    if given["overwrite"]:
        return "overwrite"
    return "resume" if given["resume"] else "new"
