"""``rowmill drift A B``: whether rows are still like earlier ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from rowmill.cli.request import env_file_option
from rowmill.core.errors import IntegrityError

if TYPE_CHECKING:
    from rowmill.quality.drift.report import DriftReport

_SHOWN = 20


@click.command
@click.argument("earlier", metavar="A")
@click.argument("later", metavar="B")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="A column that may change, also TABLE.COLUMN; repeats.")
@click.option("--out", metavar="FILE.html", help="Write the report as a page too.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object on standard output.")
@click.option("--quiet", is_flag=True, help="Print nothing where nothing drifted.")
def drift(earlier: str, later: str, *, ignore: tuple[str, ...], out: str | None, as_json: bool, quiet: bool) -> None:
    """Compare B with A, which came before: shares, values, numbers, hours of the day, missing values.

    A and B are destinations, or some slices of one, as PATH@2025-03-01 or PATH@2025-03-01_2025-03-31. Where both are
    one destination, slices before B are meant by A. The statistics that runs wrote down are compared, and no row is
    read; files and databases of others are read. From 28 slices of A on they tell how much nights differ; with fewer,
    only large changes are named.

    Exit code 3 if something changed by more than is usual: the reason comes first.
    """
    from rowmill.core.outputs import refuse_inputs, refuse_others, write_whole
    from rowmill.quality.drift.comparing import drift as compare
    from rowmill.quality.drift.page import drift_page
    from rowmill.quality.page.document import is_page

    if out is not None:
        refuse_inputs("--out", out, {"A": earlier, "B": later})
        refuse_others("--out", out, is_page, "page")
    report = compare(earlier, later, ignore=ignore)
    if out is not None:
        write_whole("--out", out, drift_page(report))
    if as_json:
        click.echo(json.dumps(report.to_json(), ensure_ascii=False))
    if not report.ok:
        raise IntegrityError("\n".join(drift_lines(report)))
    if not (quiet or as_json):
        click.echo(f"{compared_with(report)}: nothing drifted ({len(report.changes)} measures)", err=True)


drift.params.append(env_file_option())


def compared_with(report: DriftReport) -> str:
    """Return what was compared with what."""
    nights = f", {report.nights} slices" if report.nights > 1 else ""
    return f"{report.judged} against {report.earlier}{nights}"


def drift_lines(report: DriftReport) -> list[str]:
    """Return what drifted, a line each, the greatest change first."""
    from rowmill.quality.drift.report import told

    said = [*report.gone, *map(told, report.drifted)]
    more = [f"and {len(said) - _SHOWN} more; --json shows all"] if len(said) > _SHOWN else []
    return [f"{said[0]}: {compared_with(report)}: {len(said)} changed", *said[1:_SHOWN], *more]
