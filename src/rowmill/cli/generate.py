"""``rowmill generate DOMAIN``: make a dataset, or a slice of one, and write it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.flags import domain_flags
from rowmill.cli.flags.run import RUN_FLAGS
from rowmill.cli.groups import LazyGroup
from rowmill.cli.request import ask, config_options
from rowmill.domains.registry import DOMAINS

if TYPE_CHECKING:
    from rowmill.run.runner import Mode


def _command(domain: str) -> click.Command:
    """Return the command of one domain: its own flags first, then those that every run has."""
    return click.Command(
        domain,
        callback=partial(_generate, domain),
        params=[
            *(flag.option() for flag in domain_flags(domain).flags),
            *(flag.option() for flag in RUN_FLAGS),
            click.Option(["--columns"], metavar="A,B", help="Columns of the main table to compute and write."),
            click.Option(
                ["--part"], metavar="I/N", help="Make the I-th of N shares; `rowmill finalize` publishes them."
            ),
            click.Option(["--overwrite"], is_flag=True, help="Replace what another run left there, once done."),
            click.Option(["--resume"], is_flag=True, help="Continue an unfinished run, with its stored seed."),
            click.Option(["--dry-run"], is_flag=True, help="Say rows, files, bytes, seconds and disk; write nothing."),
            *config_options(),
            click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on standard output."),
            click.Option(["--quiet"], is_flag=True, help="Neither progress bar nor table."),
            click.Option(["-v", "--verbose"], count=True, help="Log the run on standard error; -vv logs more."),
        ],
        help=f"Make {domain} data and write it to a directory.",
    )


@click.group(cls=LazyGroup, lines={name: f"Make {name} data." for name in DOMAINS}, load=_command, noun="domain")
def generate() -> None:
    """Make a dataset and write it to a directory."""


def _generate(domain: str, /, **given: Any) -> None:
    mode = _mode(given)
    asked = ask(domain, given, mode)
    if asked.settings.out is None:
        raise click.UsageError("--out: missing; give the directory to write to")
    if given["dry_run"]:
        from rowmill.cli.dry_run import show_estimate

        show_estimate(asked, as_json=given["as_json"])
        return

    from rowmill.cli.logs import log_to_stderr
    from rowmill.cli.progress import progress_bar
    from rowmill.run.runner import write

    silent = given["quiet"] or given["as_json"]
    logged = log_to_stderr(asked.settings, given["verbose"])
    with progress_bar(shown=not silent and not logged) as progress:
        summary = write(asked.model, asked.settings, asked.slice, mode=mode, progress=progress)
    if asked.settings.metrics_file:
        from rowmill.cli.metrics import write_metrics

        write_metrics(summary, asked.settings.metrics_file)
    if given["as_json"]:
        click.echo(json.dumps(summary.to_json()))
    elif not given["quiet"]:
        from rowmill.cli.report import show_summary

        show_summary(summary)


def _mode(given: dict[str, Any]) -> Mode:
    if given["overwrite"] and given["resume"]:
        raise click.UsageError("--overwrite and --resume: replace what is there or continue it; give one of them")
    if given["overwrite"]:
        return "overwrite"
    return "resume" if given["resume"] else "new"
