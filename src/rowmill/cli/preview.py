"""``rowmill preview DOMAIN``: the first rows of a table, on the screen."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.flags import domain_flags
from rowmill.cli.grid import bands, cell
from rowmill.cli.groups import FlagCommand, LazyGroup
from rowmill.cli.request import Count, ask, config_options, parse_columns
from rowmill.domains.registry import DOMAINS

if TYPE_CHECKING:
    import polars as pl


def _command(domain: str) -> click.Command:
    return FlagCommand(
        domain,
        callback=partial(_preview, domain),
        params=[
            click.Option(["-n", "rows_shown"], type=Count(0), default=20, metavar="N", help="Rows; 20 if not given."),
            click.Option(["--table"], metavar="NAME", help="Table; without it the main one."),
            click.Option(["--columns"], metavar="A,B", help="Columns to compute and print."),
            click.Option(
                ["--format", "form"],
                type=click.Choice(["table", "csv", "json"]),
                default="table",
                help="An aligned table, CSV, or one JSON object a line.",
            ),
            *(flag.option() for flag in domain_flags(domain).flags),
            *config_options(),
        ],
        help=f"Print the first rows of {domain} data; write nothing.",
    )


@click.group(cls=LazyGroup, lines={name: f"Print {name} rows." for name in DOMAINS}, load=_command, noun="domain")
def preview() -> None:
    """Print the first rows of a table; write nothing."""


def _preview(domain: str, /, **given: Any) -> None:
    from rowmill.api.dataset import LazyDataset, slice_of

    asked = ask(domain, given)
    table = LazyDataset(asked.model)[given["table"] or asked.model.main]
    whole = asked.days == (None, None)
    windows = None if whole or not table.rule.timed else slice_of(asked.model, asked.days).windows
    columns = parse_columns(given["columns"])
    rows = table.head(given["rows_shown"], columns=columns, windows=windows)
    asked.show_origin()
    _print(rows if columns is None else rows.select(list(dict.fromkeys(columns))), given["form"])


def _print(frame: pl.DataFrame, form: str) -> None:
    if form == "csv":
        click.echo(_spelt(frame).write_csv(), nl=False)
    elif form == "json":
        click.echo(_spelt(frame).write_ndjson(), nl=False)
    else:
        width = shutil.get_terminal_size((120, 24)).columns
        columns = {name: [cell(value) for value in frame[name].to_list()] for name in frame.columns}
        click.echo("\n\n".join(bands(columns, width)))


def _spelt(frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame with instants as text, spelt as in every file."""
    from polars import selectors

    return frame.with_columns(selectors.datetime().dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ"))
