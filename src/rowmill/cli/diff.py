"""``rowmill diff A B``: what two destinations do not share."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rowmill.cli.request import PLUGINS_HELP, Count, env_file_option
from rowmill.core.errors import IntegrityError

if TYPE_CHECKING:
    from rowmill.api.compare import Comparison, TableDifference


@click.command
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@click.option("--rows", is_flag=True, help="Read the files too, and print the first differing rows, by primary key.")
@click.option("-n", "limit", type=Count(1), default=10, show_default=True, help="Rows of each table to print.")
@click.option("--allow-plugins", is_flag=True, help=PLUGINS_HELP)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object on standard output.")
def diff(left: str, right: str, *, rows: bool, limit: int, allow_plugins: bool, as_json: bool) -> None:
    """Compare two destinations by their manifests: specs field by field, rows, each column's digest, type and values.

    That each file is there with its size is looked at always; what is in it with --rows alone. Exit code 0 if both
    promise the same rows, whatever their files look like, and nothing that was looked at says otherwise; 3 if not.
    """
    from rowmill.api.compare import compare
    from rowmill.sinks.registry import shown

    comparison = compare(left, right, rows=limit if rows else 0, allow_plugins=allow_plugins)
    left, right = shown(left), shown(right)
    if as_json:
        click.echo(json.dumps(comparison.to_json()))
    else:
        click.echo("\n".join(_lines(comparison, left, right)))
    if not comparison.equal:
        raise IntegrityError(f"{left} and {right} hold different data")


diff.params.append(env_file_option())


def _lines(comparison: Comparison, left: str, right: str) -> list[str]:
    looked = f"content read: {', '.join(comparison.read)}" if comparison.read else "content not read (--rows reads it)"
    facts = [f"{pair.name}: {json.dumps(pair.left)} | {json.dumps(pair.right)}" for pair in comparison.facts]
    if comparison.equal:
        return [_same(comparison, left, right, looked), *facts]
    names = {"left": left, "right": right}
    lost = [f"{names[each.side]}: {each.table} {each.path} {each.message}" for each in comparison.lost]
    if comparison.promised:
        found = f"{left} and {right}: their manifests promise the same rows, their files do not hold them; {looked}"
        return [found, *lost, *facts, *_row_lines(comparison, left, right)]
    one, other = comparison.digests
    lines = [f"{left}: digest {one}", f"{right}: digest {other}"]
    if one == other:
        lines = [f"{left} and {right}: digest {one}, which counts texts by their places in lists that differ; {looked}"]
    lines += [*lost, *facts]
    for table in comparison.tables:
        lines += _table_lines(table, left, right)
    return lines + _row_lines(comparison, left, right)


def _same(comparison: Comparison, left: str, right: str, looked: str) -> str:
    one, other = comparison.digests
    if one == other:
        said = f"hold the same rows by their manifests: digest {one}"
    else:
        said = (
            f"hold the same rows, whose texts stand at other places of the lists that digests {one} and {other} count"
        )
    return f"{left} and {right} {said}; all files present with their sizes; {looked}"


def _table_lines(table: TableDifference, left: str, right: str) -> list[str]:
    first, second = ("absent" if rows is None else f"{rows:,} rows" for rows in table.rows)
    others = (f"{each.name} ({each.left!r} | {each.right!r})" for each in table.meanings)
    groups = (
        ("columns that differ", table.columns),
        ("of them by type or list of values", tuple(others)),
        (f"columns of {left} alone", table.left_only),
        (f"columns of {right} alone", table.right_only),
    )
    return [f"{table.name}: {first} | {second}", *(f"  {what}: {', '.join(names)}" for what, names in groups if names)]


def _row_lines(comparison: Comparison, left: str, right: str) -> list[str]:
    lines = []
    for row in comparison.rows:
        key = ", ".join(f"{name} {value}" for name, value in row.key.items())
        where = {"left": f"in {left} alone", "right": f"in {right} alone"}.get(row.only or "", "")
        cells = ", ".join(f"{pair.name} {pair.left} | {pair.right}" for pair in row.cells)
        lines.append(f"{row.table} {key}: {where}{cells}")
    return lines
