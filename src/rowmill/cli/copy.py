"""``rowmill copy A B``: bring what is committed at one destination to another, and prove it."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.flags import domain_flags, lay_flags
from rowmill.cli.flags.run import REPORT_FLAGS, RUN_FLAGS
from rowmill.cli.groups import SectionedCommand
from rowmill.cli.reports import reports
from rowmill.cli.request import env_file_option, input_option, parse_inputs, parse_share, plugins_option
from rowmill.core.paths import at_home

if TYPE_CHECKING:
    from rowmill.run.copying import CopySource, CopySummary
    from rowmill.run.settings import RunSettings

_FLAGS = tuple(flag for flag in RUN_FLAGS if flag.name not in ("--out", "--tables", "--single-file"))
_LOGS = tuple(flag for flag in REPORT_FLAGS if flag.name != "--metrics-file")


def _copy(source: str, out: str, **given: Any) -> None:
    """Bring what is committed at A to B: rows are read, not made, and their digests must be those that A recorded.

    A slice is at B whole or not at all, and one that stands there already is not written again. Files look as the
    flags say, whatever they look like at A. Asked for again, a copy that was broken off goes on.
    """
    from rowmill.api.copy import copy as carry_over
    from rowmill.cli.progress import progress_bar, progress_records
    from rowmill.run.copying import CopySource
    from rowmill.run.making.memory import keep_freed_memory

    stored = CopySource(source, given["slices"], parse_inputs(given["inputs"]), given["allow_plugins"])
    settings, share = _settings(stored, given), parse_share(given["part"])
    said = reports()
    keep_freed_memory()
    with progress_bar(shown=not (given["quiet"] or given["as_json"] or said.logging)) as move:
        progress = progress_records(said) if said.form == "json" else move
        summary = carry_over(
            stored, out, settings=settings, overwrite=given["overwrite"], share=share, progress=progress
        )
    for note in summary.notes:
        said.note(note)
    if given["as_json"]:
        click.echo(json.dumps(summary.to_json()))
    elif not given["quiet"]:
        said.tell("copied", _told(summary), summary.to_json())


def _settings(stored: CopySource, given: dict[str, Any]) -> RunSettings:
    """Return what flags and environment say of a copy; what else the environment says has no effect, and is told."""
    from rowmill.api.config import ConfigDraft
    from rowmill.domains.registry import domain
    from rowmill.run.books.manifest import read
    from rowmill.run.copying import SETTINGS

    name = read(stored.location).domain
    draft = ConfigDraft(domain(name).spec_type, domain_flags(name).earlier)
    if given["env_file"]:
        draft.add_env_file(Path(at_home(given["env_file"], "--env-file")), os.environ)
    draft.add_environment(os.environ)
    lay_flags((*_FLAGS, *_LOGS), given, draft)
    run = draft.finish_run()
    reports().show(run.log_format, run.log_level, given["verbose"])
    for key, origin in draft.given().items():
        section, _, name = key.partition(".")
        if section != "run" or name.partition(".")[0] not in (*SETTINGS, "log_level", "log_format"):
            reports().note(f"{key}: no effect: a copy has the rows that are there (from {origin})")
    return type(run)(**{key: getattr(run, key) for key in SETTINGS if key in run.model_fields_set})


def _told(summary: CopySummary) -> str:
    lines = [
        f"slice {each.slice}: {each.rows:,} rows "
        + ("stood there before" if each.skipped else f"in {each.files} files{'' if each.committed else ' of a share'}")
        for each in summary.slices
    ]
    if not summary.committed:
        again = "once all shares are there, the same command without --part proves and publishes them"
        return "\n".join([*lines, f"{summary.destination}: nothing to be seen yet; {again}"])
    rows = f"{summary.rows:,} rows"
    done = "already there, nothing written" if summary.skipped else f"{rows} in {summary.seconds:.2f} s"
    return "\n".join([*lines, f"{summary.destination}: {done}; digest {summary.digest}, that of {summary.source}"])


copy = SectionedCommand(
    "copy",
    callback=_copy,
    help=_copy.__doc__,
    sections={
        "What": [
            click.Argument(["source"], metavar="A"),
            click.Argument(["out"], metavar="B"),
            click.Option(
                ["--slice", "slices"], multiple=True, metavar="LABEL", help="Copy this slice alone; may be repeated."
            ),
            click.Option(["--overwrite"], is_flag=True, help="Replace what another run left there, once done."),
            click.Option(["--part"], metavar="I/N", help="Copy the I-th of N shares; a copy without it publishes."),
            input_option(),
            plugins_option(),
        ],
        "Files": [
            *(flag.option() for flag in _FLAGS),
            env_file_option(exposed=True),
        ],
        "Report": [
            *(flag.option() for flag in _LOGS),
            click.Option(["-v", "--verbose"], count=True, help="Log the copy on standard error; -vv logs more."),
            click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on standard output."),
            click.Option(["--quiet"], is_flag=True, help="Neither progress bar nor closing lines."),
        ],
    },
)
