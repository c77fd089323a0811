"""``info``, ``verify`` and ``finalize``: what lies at a destination."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.request import env_file_option, input_option, parse_inputs, plugins_option
from rowmill.core.errors import IntegrityError

if TYPE_CHECKING:
    from rowmill.run.checks.verify import Problem, VerifyReport

_DIRECTORY = click.Argument(["directory"], metavar="DIR|URL")
_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on standard output.")
_COLUMNS = click.Option(
    ["--columns"], is_flag=True, help="Print the statistics of each column too, as the runs wrote them down."
)
_QUIET = click.Option(["--quiet"], is_flag=True, help="Neither progress bar nor table.")


def _info(directory: str, *, columns: bool, as_json: bool) -> None:
    """Say what a destination holds: spec, slices, rows, bytes and digest of each table. No file is read."""
    from rowmill.api.statistics import manifest_facts
    from rowmill.cli.report import manifest_json, show_columns, show_manifest
    from rowmill.run.books.manifest import read
    from rowmill.sinks.registry import shown

    manifest = read(directory)
    if as_json:
        click.echo(json.dumps(manifest_json(manifest, shown(directory))))
    else:
        show_manifest(manifest, shown(directory))
        if columns:
            show_columns(manifest_facts(shown(directory), manifest))


def _verify(directory: str, **given: Any) -> None:
    """Hold what lies at a destination against its manifest, and the manifest against its spec.

    Proved: the spec is the one of the fingerprint; labels, dates and exact numbers of rows follow from it; every file
    is there with its size, rows, digest and bytes, nothing else beside it; keys are unique; the rows that foreign keys
    name are there, where all that they may be among was read; and tiles made
    again from spec and seed have the rows that the files have: one tile of each table, all with --remake all.

    With --repair, files that are missing or broken are made again exactly as they were, nothing else is touched, and
    all is looked at once more.

    Exit code 3 if anything differs, if two rows share a key, or if a row names one that is not there.
    """
    report, repaired = _checked(directory, given), 0
    if given["repair"] and not report.ok:
        repaired = _mended(directory, report, given)
        report = _checked(directory, given)
    if given["as_json"]:
        click.echo(json.dumps(report.to_json() | ({"repaired": repaired} if given["repair"] else {})))
    silent = given["quiet"] or given["as_json"]
    if repaired and not silent:
        click.echo(f"{directory}: made {repaired} {'file' if repaired == 1 else 'files'} again", err=True)
    if not report.ok:
        shown = [_problem(problem) for problem in report.problems[:20]]
        more = len(report.problems) - len(shown)
        tail = [f"and {more} more"] if more > 0 else []
        raise IntegrityError("\n".join([f"{report.destination}: not what its manifest says", *shown, *tail]))
    if not silent:
        click.echo(f"{report.destination}: {_proved(report)}", err=True)


def _checked(directory: str, given: Mapping[str, Any]) -> VerifyReport:
    from rowmill.cli.progress import progress_bar
    from rowmill.run.checks.verify import verify as check

    with progress_bar(shown=not (given["quiet"] or given["as_json"]), unit="bytes") as progress:
        return check(
            directory,
            tables=given["table"] or None,
            inputs=parse_inputs(given["inputs"]),
            remake=given["remake"],
            allow_plugins=given["allow_plugins"],
            progress=progress,
        )


def _mended(directory: str, report: VerifyReport, given: Mapping[str, Any]) -> int:
    from rowmill.run.mending import mend

    broken = {problem.path for problem in report.problems if problem.path}
    return mend(directory, broken, inputs=parse_inputs(given["inputs"]), allow_plugins=given["allow_plugins"])


def _problem(problem: Problem) -> str:
    where = " ".join(word for word in (problem.table, problem.path) if word)
    return f"{where}: {problem.message}" if where else problem.message


def _proved(report: VerifyReport) -> str:
    """Return what a verification without problems proved."""
    unique = ", no key twice" if report.keyed_rows == report.rows else f", {report.keyed_rows:,} with a key, none twice"
    of = f" of {', '.join(report.tables)}" if report.unread else ""
    lines = [f"as the manifest says{of}: {report.rows:,} rows{unique}, {report.files} files, digest {report.digest}"]
    lines += _linked(report)
    if report.remade:
        lines.append(f"{report.remade:,} of {report.tiles:,} tiles made again from the spec, and equal")
    else:
        lines.append("no tile made again: that the rows are those of the spec was not looked at")
    if report.unread:
        lines.append(f"not read: {', '.join(report.unread)}")
    return "; ".join(lines)


def _linked(report: VerifyReport) -> list[str]:
    held = sum(link.unchecked is None for link in report.foreign_keys)
    lines = [f"{held} foreign keys name rows that are there"] if held > 1 else []
    lines += ["1 foreign key names rows that are there"] if held == 1 else []
    return lines + [f"{link} was not looked up: {link.unchecked}" for link in report.foreign_keys if link.unchecked]


def _finalize(directory: str, *, as_json: bool, quiet: bool) -> None:
    """Publish what several machines wrote with --part, or name the parts that are missing."""
    from rowmill.api.facts import facts
    from rowmill.cli.report import show_summary
    from rowmill.run.books.manifest import read
    from rowmill.run.runner import finalize as commit

    summary = commit(directory)
    if as_json:
        click.echo(json.dumps(summary.to_json()))
    elif not quiet:
        manifest = read(directory)
        show_summary(summary, facts(directory, manifest.main, manifest.slices))


def _command(name: str, callback: Any, *options: click.Parameter) -> click.Command:
    return click.Command(
        name, callback=callback, params=[_DIRECTORY, *options, env_file_option()], help=callback.__doc__
    )


_TABLES = click.Option(["--table"], multiple=True, metavar="NAME", help="Check this table alone; may be repeated.")

info = _command("info", _info, _COLUMNS, _JSON)
_REMAKE = click.Option(
    ["--remake"],
    type=click.Choice(["all", "sample", "none"]),
    default="sample",
    show_default=True,
    help="Tiles to make again from the spec and compare: all, one of each table, or none.",
)

_REPAIR = click.Option(["--repair"], is_flag=True, help="Make files again that are missing or broken; touch no other.")
verify = _command("verify", _verify, _TABLES, _REMAKE, _REPAIR, input_option(), plugins_option(), _JSON, _QUIET)
finalize = _command("finalize", _finalize, _JSON, _QUIET)
