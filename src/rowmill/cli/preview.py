"""``rowmill preview DOMAIN``: the first rows of a table, on the screen."""

from __future__ import annotations

import shutil
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.flags import domain_flags
from rowmill.cli.groups import LazyGroup
from rowmill.cli.request import ask, config_options
from rowmill.domains.registry import DOMAINS

if TYPE_CHECKING:
    import polars as pl


def _command(domain: str) -> click.Command:
    return click.Command(
        domain,
        callback=partial(_preview, domain),
        params=[
            click.Option(["-n", "rows_shown"], type=click.IntRange(0), default=20, show_default=True, help="Rows."),
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
    from rowmill.api.dataset import LazyDataset

    columns = given.pop("columns")
    asked = ask(domain, given)
    table = LazyDataset(asked.model)[given["table"] or asked.model.main]
    names = None if columns is None else [name.strip() for name in columns.split(",") if name.strip()]
    windows = asked.slice.windows if table.rule.timed else None
    _print(table.head(given["rows_shown"], columns=names, windows=windows), given["form"])


def _print(frame: pl.DataFrame, form: str) -> None:
    import polars as pl

    if form == "csv":
        click.echo(frame.write_csv(), nl=False)
    elif form == "json":
        click.echo(frame.write_ndjson(), nl=False)
    else:
        width = shutil.get_terminal_size((160, 24)).columns
        with pl.Config(
            tbl_rows=-1, tbl_cols=-1, tbl_width_chars=width, tbl_hide_dataframe_shape=True, fmt_str_lengths=24
        ):
            click.echo(frame)
