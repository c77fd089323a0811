"""``rowmill evaluate``: a synthetic table against the real one, with a verdict in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.groups import SectionedCommand
from rowmill.cli.request import Count, env_file_option
from rowmill.core.errors import IntegrityError

if TYPE_CHECKING:
    from rowmill.quality.compare.evaluate import Evaluation
    from rowmill.quality.compare.scores import Answer


def _evaluate(**given: Any) -> None:  # the options below
    from rowmill.core.outputs import refuse_inputs, refuse_others, write_whole
    from rowmill.quality.compare.asking import Inquiry
    from rowmill.quality.compare.evaluate import evaluate as compare
    from rowmill.quality.page.document import is_page

    real, synthetic, holdout, out = (given.pop(name) for name in ("real", "synthetic", "holdout", "out"))
    as_json, quiet, least = (given.pop(name) for name in ("as_json", "quiet", "fail_below"))
    table = given.pop("table")
    if out is not None:
        places = {"--real": real, "--synthetic": synthetic, **({"--holdout": holdout} if holdout else {})}
        refuse_inputs("--out", out, places)
        refuse_others("--out", out, is_page, "page")
    for name in ("quasi", "ignored", "categories"):
        given[name] = _names(given[name])
    found = compare(real, synthetic, Inquiry(**given), holdout=holdout, table=table)
    if out is not None:
        from rowmill.quality.compare.report import page

        write_whole("--out", out, page(found))
    if as_json:
        click.echo(json.dumps(found.to_json(), ensure_ascii=False))
    elif not quiet:
        for line in _lines(found, out):
            # A name or a value may hold what a terminal would obey.
            click.echo("".join(sign if sign.isprintable() or sign == "\n" else "\ufffd" for sign in line))
    _judge(found, least)


def _judge(found: Evaluation, least: float | None) -> None:
    if least is None:
        return
    verdict = found.verdict
    if verdict.copy:
        raise IntegrityError(f"{verdict.copied:.1%} of the synthetic rows are copies of real ones")
    if verdict.fidelity is None or verdict.fidelity < least:
        shown = "not known" if verdict.fidelity is None else f"{verdict.fidelity:.3f}"
        raise IntegrityError(f"fidelity is {shown}, and {least:g} is asked for: {verdict.words[0]}")


def _names(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for text in texts for name in (part.strip() for part in text.split(",")) if name)


def _lines(found: Evaluation, out: str | None) -> Iterator[str]:
    yield from found.verdict.words
    for part in (found.fidelity, found.privacy, found.utility):
        for answer in part:
            yield from _answer_lines(answer)
    if found.left_out:
        yield f"\nnot compared: {'; '.join(f'{name} ({why})' for name, why in found.left_out.items())}"
    for note in found.notes:
        yield f"note: {note}"
    if out is not None:
        yield f"report: {out}"


def _answer_lines(answer: Answer) -> Iterator[str]:
    from rowmill.quality.compare.verdicts import standing

    yield f"\n{answer.question}"
    for score in answer.headlines:
        if score.value is None:
            yield f"  {score.metric}: not computed, {score.reason}"
            continue
        between = f" ({score.interval[0]:.3g} to {score.interval[1]:.3g})" if score.interval else ""
        beside = [
            f"{name} {value:.3g}"
            for name, value in (("ceiling", score.ceiling), ("floor", score.floor))
            if value is not None
        ]
        yield (f"  {score.metric}, {score.of}: {score.value:.3g}{between}; {', '.join(beside)}: {standing(score)}")
    yield from (f"  {line}" for line in answer.said)


_HELP = """Compare a synthetic table with the real one: how faithful, how private, how useful.

Every score stands between a ceiling, what real rows score against real rows, and a floor, what independent columns
score; the verdict comes first. Tables are destinations of ours, Parquet, CSV, DuckDB or PostgreSQL.

Exit code 2 if nothing can be compared, 3 if --fail-below is given and not met.
"""

evaluate = SectionedCommand(
    "evaluate",
    callback=_evaluate,
    help=_HELP,
    sections={
        "Tables": [
            click.Option(["--real"], metavar="PATH", required=True, help="Real rows that the synthesizer was given."),
            click.Option(["--synthetic"], metavar="PATH", required=True, help="Synthetic rows."),
            click.Option(["--holdout"], metavar="PATH", help="Real rows that the synthesizer was not given."),
            click.Option(["--table"], metavar="NAME", help="Table, where a path has several. Default: the first."),
        ],
        "Columns": [
            click.Option(["--key"], metavar="COLUMN", help="Whose rows belong together: entities stay whole."),
            click.Option(["--time"], metavar="COLUMN", help="What orders the rows of an entity."),
            click.Option(["--arm"], metavar="COLUMN", help="Treatment, whose effect is compared."),
            click.Option(["--target"], metavar="COLUMN", help="What a model shall predict (takes scikit-learn)."),
            click.Option(["--quasi"], metavar="A,B", multiple=True, help="What an attacker may know of somebody."),
            click.Option(["--ignore", "ignored"], metavar="A,B", multiple=True, help="Columns to leave out."),
            click.Option(["--category", "categories"], metavar="A,B", multiple=True, help="Numbers that are codes."),
        ],
        "How": [
            click.Option(
                ["--sample", "rows"], type=Count(100), default=10_000, show_default=True,
                help="Most rows of each side; entities come whole.",
            ),
            click.Option(
                ["--resamples"], type=Count(20), default=100, show_default=True, help="Draws for an interval."
            ),
            click.Option(
                ["--seed"], type=Count(0), default=42, show_default=True, help="Of samples, splits and draws."
            ),
        ],
        "Report": [
            click.Option(["-o", "--out"], metavar="FILE", help="Write a page, HTML that loads nothing."),
            click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on standard output."),
            click.Option(["--quiet"], is_flag=True, help="Print nothing."),
            click.Option(
                ["--fail-below"], type=click.FloatRange(-1, 1), metavar="X",
                help="Exit code 3 if the worst closeness is below X (1 real rows, 0 independent columns), or rows are "
                "copied.",
            ),
            env_file_option(),
        ],
    },
)  # fmt: skip
