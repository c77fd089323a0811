"""``rowmill bench workforce``: what making data costs on this machine, by either engine."""

from __future__ import annotations

import json
from typing import Any

import click

from rowmill.cli.groups import FlagCommand, LazyGroup, ManyOption
from rowmill.cli.request import Count

_LINES = {"workforce": "Time both engines of the workforce, and check that they make the same."}


def _workforce(*, scenario: str | None, engine: str, runs: int, workers: int | None, as_json: bool) -> None:
    from rowmill.api.bench import SIZES, bench, engines_of, parse_size
    from rowmill.cli.flags import words_of

    sizes = [parse_size(word) for word in (words_of(scenario) if scenario else SIZES)]
    figures = bench(
        engines_of(engine), sizes, runs=runs, workers=workers, tell=lambda text: click.echo(f"  {text}", err=True)
    )
    if as_json:
        click.echo(json.dumps([figure.to_json() for figure in figures]))
    else:
        _show(figures)
    digests = {figure.size: {other.digest for other in figures if other.size == figure.size} for figure in figures}
    if any(len(found) > 1 for found in digests.values()):
        raise click.ClickException("the engines made different rows; their digests stand in --json")


def _show(figures: Any) -> None:
    from rowmill.cli.grid import grid

    names = ("engine", "size", "events", "seconds", "events/s", "µs/employee-year", "growth", "peak MB")
    rows = [
        (
            figure.engine,
            figure.size,
            figure.events,
            f"{figure.seconds:.2f}",
            f"{figure.events_per_second:,.0f}",
            f"{figure.microseconds_per_employee_year:.2f}",
            f"{figure.growth:.2f}",
            "" if figure.peak_mb is None else f"{figure.peak_mb:,.0f}",
        )
        for figure in figures
    ]
    click.echo(grid(names, rows, right=set(names[2:])))


def _load(_: str) -> click.Command:
    return FlagCommand(
        "workforce",
        callback=_workforce,
        help="Time whole commands that make a workforce: events a second, memory, and how cost grows with size.",
        params=[
            ManyOption(["--scenario"], metavar="NxY ...", help="Employees and years; [5kx5 50kx5 1Mx5]."),
            click.Option(
                ["--engine"],
                metavar="arrays|sql|both",
                default="both",
                help="Engine to time.",
            ),
            click.Option(["--runs"], type=Count(1), default=3, metavar="N", help="Timed runs of each; 3 if not given."),
            click.Option(["--workers"], type=Count(1), metavar="N", help="Worker processes; without it one a core."),
            click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON list on standard output."),
        ],
    )


@click.group(cls=LazyGroup, lines=_LINES, load=_load, noun="domain")
def bench() -> None:
    """Measure what making workforce data costs, by either engine."""
