"""``rowmill diff A B``: what two destinations do not share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rowmill.cli.request import PLUGINS_HELP, Count, env_file_option
from rowmill.core.errors import IntegrityError

if TYPE_CHECKING:
    from rowmill.api.compare import Comparison


@click.command
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option("--rows", is_flag=True, help="Read the files too, and print the first differing rows, by primary key.")
@click.option("-n", "limit", type=Count(1), default=10, show_default=True, help="Rows of each table to print.")
@click.option("--allow-plugins", is_flag=True, help=PLUGINS_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def diff(left: str, right: str, *, rows: bool, limit: int, allow_plugins: bool, as_json: bool) -> None:
    """Compare two destinations: specs field by field, rows and the digest of each column as their manifests have them.

    That each file is there with its size is looked at always; what is in it with --rows alone. Exit code 0 if both
    promise the same rows, whatever their files look like, and nothing that was looked at says otherwise; 3 if not.
    """
    from rowmill.api.compare import compare

    comparison = compare(left, right, rows=limit if rows else 0, allow_plugins=allow_plugins)
    if as_json:
        click.echo(json.dumps(comparison.to_json()))
    else:
        click.echo("\n".join(_lines(comparison, left, right)))
    if not comparison.equal:
        raise IntegrityError(f"{left} and {right} hold different data")


diff.params.append(env_file_option())


def _lines(comparison: Comparison, left: str, right: str) -> list[str]:
    promised = comparison.digests[0] == comparison.digests[1]
    looked = f"content read: {', '.join(comparison.read)}" if comparison.read else "content not read (--rows reads it)"
    if comparison.equal:
        same = f"{left} and {right} hold the same rows by their manifests: digest {comparison.digests[0]}"
        return [f"{same}; all files present with their sizes; {looked}"]
    names = {"left": left, "right": right}
    lost = [f"{names[each.side]}: {each.table} {each.path} {each.message}" for each in comparison.lost]
    if promised:
        found = f"{left} and {right}: their manifests promise the same rows, their files do not hold them; {looked}"
        return [found, *lost, *_row_lines(comparison, left, right)]
    lines = [f"{left}: digest {comparison.digests[0]}", f"{right}: digest {comparison.digests[1]}"]
    lines += lost
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
    return lines + _row_lines(comparison, left, right)


def _row_lines(comparison: Comparison, left: str, right: str) -> list[str]:
    lines = []
    for row in comparison.rows:
        key = ", ".join(f"{name} {value}" for name, value in row.key.items())
        where = {"left": f"in {left} alone", "right": f"in {right} alone"}.get(row.only or "", "")
        cells = ", ".join(f"{pair.name} {pair.left} | {pair.right}" for pair in row.cells)
        lines.append(f"{row.table} {key}: {where}{cells}")
    return lines
