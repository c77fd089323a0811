"""``rowmill diff A B``: what two destinations do not share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rowmill.cli.request import Count
from rowmill.core.errors import IntegrityError

if TYPE_CHECKING:
    from rowmill.api.compare import Comparison


@click.command
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option("--rows", is_flag=True, help="Read the files and print the first differing rows, by primary key.")
@click.option("-n", "limit", type=Count(1), default=10, show_default=True, help="Rows of each table to print.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def diff(left: str, right: str, *, rows: bool, limit: int, as_json: bool) -> None:
    """Compare two destinations: specs field by field, rows, the digest of each column.

    Exit code 0 if both hold the same rows, whatever their files look like, and 3 if not.
    """
    from rowmill.api.compare import compare

    comparison = compare(left, right, rows=limit if rows else 0)
    if as_json:
        click.echo(json.dumps(comparison.to_json()))
    else:
        click.echo("\n".join(_lines(comparison, left, right)))
    if not comparison.equal:
        raise IntegrityError(f"{left} and {right} hold different data")


def _lines(comparison: Comparison, left: str, right: str) -> list[str]:
    if comparison.equal:
        return [f"{left} and {right} hold the same rows: digest {comparison.digests[0]}"]
    lines = [f"{left}: digest {comparison.digests[0]}", f"{right}: digest {comparison.digests[1]}"]
    lines += [f"{pair.name}: {json.dumps(pair.left)} | {json.dumps(pair.right)}" for pair in comparison.facts]
    for table in comparison.tables:
        first, second = ("absent" if rows is None else f"{rows:,} rows" for rows in table.rows)
        lines.append(f"{table.name}: {first} | {second}")
        lines += [
            f"  {what}: {', '.join(names)}"
            for what, names in (
                ("columns that differ", table.columns),
                (f"columns of {left} alone", table.left_only),
                (f"columns of {right} alone", table.right_only),
            )
            if names
        ]
    for row in comparison.rows:
        key = ", ".join(f"{name} {value}" for name, value in row.key.items())
        where = {"left": f"in {left} alone", "right": f"in {right} alone"}.get(row.only or "", "")
        cells = ", ".join(f"{pair.name} {pair.left} | {pair.right}" for pair in row.cells)
        lines.append(f"{row.table} {key}: {where}{cells}")
    return lines
