"""``info``, ``verify`` and ``finalize``: what lies at a destination."""

from __future__ import annotations

import json
from typing import Any

import click

from rowmill.cli.request import catalog_option, parse_catalogs
from rowmill.core.errors import IntegrityError

_DIRECTORY = click.Argument(["directory"], metavar="DIR")
_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on standard output.")
_QUIET = click.Option(["--quiet"], is_flag=True, help="Neither progress bar nor table.")


def _info(directory: str, *, as_json: bool) -> None:
    """Say what a destination holds: spec, slices, rows, bytes and digest of each table."""
    from rowmill.cli.report import manifest_json, show_manifest
    from rowmill.run.manifest import read

    manifest = read(directory)
    if as_json:
        click.echo(json.dumps(manifest_json(manifest, directory)))
    else:
        show_manifest(manifest, directory)


def _verify(directory: str, *, table: tuple[str, ...], catalogs: tuple[str, ...], as_json: bool, quiet: bool) -> None:
    """Recompute every digest from the files, compare with the manifest, and count primary keys.

    Exit code 3 if anything differs, or if two rows share a key.
    """
    from rowmill.cli.progress import progress_bar
    from rowmill.run.verify import verify as check

    with progress_bar(shown=not (quiet or as_json), unit="bytes") as progress:
        report = check(directory, tables=table or None, catalogs=parse_catalogs(catalogs), progress=progress)
    if as_json:
        click.echo(json.dumps(report.to_json()))
    if not report.ok:
        shown = [f"{problem.table} {problem.path}: {problem.message}" for problem in report.problems[:20]]
        more = len(report.problems) - len(shown)
        tail = [f"and {more} more"] if more > 0 else []
        raise IntegrityError("\n".join([f"{directory}: not what its manifest says", *shown, *tail]))
    if not (as_json or quiet):
        unique = " with unique ids" if report.keyed_rows == report.rows else f", {report.keyed_rows:,} with unique ids"
        click.echo(
            f"{directory}: as the manifest says: {report.rows:,} rows{unique}, {report.files} files, "
            f"digest {report.digest}",
            err=True,
        )


def _finalize(directory: str, *, as_json: bool, quiet: bool) -> None:
    """Publish what several machines wrote with --part, or name the parts that are missing."""
    from rowmill.api.facts import facts
    from rowmill.cli.report import show_summary
    from rowmill.run.manifest import read
    from rowmill.run.runner import finalize as commit

    summary = commit(directory)
    if as_json:
        click.echo(json.dumps(summary.to_json()))
    elif not quiet:
        manifest = read(directory)
        show_summary(summary, facts(directory, manifest.tables[manifest.main]))


def _command(name: str, callback: Any, *options: click.Parameter) -> click.Command:
    return click.Command(name, callback=callback, params=[_DIRECTORY, *options], help=callback.__doc__)


_TABLES = click.Option(["--table"], multiple=True, metavar="NAME", help="Check this table alone; may be repeated.")

info = _command("info", _info, _JSON)
verify = _command("verify", _verify, _TABLES, catalog_option(), _JSON, _QUIET)
finalize = _command("finalize", _finalize, _JSON, _QUIET)
