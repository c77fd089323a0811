"""``rowmill profile PATH``: what lies there, column by column, as a page or as JSON."""

from __future__ import annotations

import json
import sys

import click

from rowmill.cli.request import env_file_option

_STDOUT = "-"


@click.command
@click.argument("path", metavar="PATH")
@click.option("--table", "tables", multiple=True, metavar="NAME", help="Look at this table alone; may be repeated.")
@click.option("-o", "--out", metavar="FILE", help="Write the page to this file, HTML; - is standard output.")
@click.option("--publish", is_flag=True, help="Leave the page beside the data, such as profile_1M_2025-11-30.html.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as one JSON object on standard output.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def profile(path: str, *, tables: tuple[str, ...], out: str | None, publish: bool, as_json: bool, quiet: bool) -> None:
    """Look at what lies at PATH: columns, their values, how they go together, how tables refer to one another.

    PATH is a destination of ours, a file or folder of Parquet or CSV or a pattern such as 'sales/*.parquet', a file of
    DuckDB, or a schema of PostgreSQL. The page loads nothing from anywhere and can be sent as it is.

    Counts are of all rows; quantiles, forms of texts and correlations of a sample of some 100,000.
    """
    from rowmill.api.profile import profile as look
    from rowmill.api.profile import published_name

    if out is None and not publish and not as_json:
        raise click.UsageError("nothing to make: give --out FILE, --publish or --json")
    if out == _STDOUT and as_json:
        raise click.UsageError("--out - and --json both write to standard output; name a file for one of them")
    file = None if out in (None, _STDOUT) else out
    shown = not quiet and sys.stderr.isatty()

    def told(name: str) -> None:
        click.echo(f"looking at {name}", err=True)

    found = look(path, tables=tables or None, out=file, publish=publish, told=told if shown else None)
    if out == _STDOUT:
        from rowmill.quality.profile.report.page import page

        click.echo(page(found), nl=False)
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    elif not quiet:
        places = [place for place in (file, published_name(path) if publish else None) if place is not None]
        graver = sum(1 for each in found.findings if each.tone in ("bad", "warning"))
        rows = sum(table.rows for table in found.tables)
        line = f"{found.path}: {len(found.tables)} tables, {rows:,} rows, problems and warnings: {graver}"
        click.echo("; ".join([line, *(f"page {place}" for place in places)]), err=True)


profile.params.append(env_file_option())
