"""The page of a comparison: the verdict first, then every score beside its ceiling and floor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rowmill.quality.compare.evaluate import Evaluation
from rowmill.quality.compare.scores import Answer, Interval, Listing, Score
from rowmill.quality.page.blocks import (
    Chapter,
    Tone,
    badge,
    card,
    facts,
    folded,
    message,
    messages,
    paragraph,
    table,
    tiles,
)
from rowmill.quality.page.document import document
from rowmill.quality.page.markup import Markup, anchor, apart, joined
from rowmill.quality.page.numbers import count, number, percent

_DIGITS: Final = 3
_MOST: Final = 60
"""Scores of an answer that the page shows; JSON has all."""
_TONES: Final[dict[str, Tone]] = {
    "as real": "good", "near real": "good", "apart": "warning", "as unrelated": "bad", "cannot be told": "plain",
    "not known": "plain",
}  # fmt: skip
_HEADS: Final = ("metric", "of", "is", "value", "95 %", "ceiling", "95 %", "floor", "noise")
_NUMBERS: Final = range(3, 9)
_LIMITS: Final = """
A score is to be read between its ceiling, what real rows score against other real rows of the same size, and its floor,
what columns score that are each right and unrelated. It says nothing alone.

That no metric tells two tables apart is true at this size: more rows may show more.

No test of privacy proves privacy. Distances and copies are sanity checks: they do not see every way in which a person
is told. Only how the rows were made can promise it, as with differential privacy.
""".strip().split("\n\n")


def page(found: Evaluation) -> str:
    """Return the page of an evaluation, HTML that loads nothing."""
    real, synthetic = found.sides[:2]
    sections = [
        Chapter("Verdict", "verdict", _verdict(found)),
        Chapter("Fidelity", "fidelity", joined(_answers(found.fidelity)), _parts(found.fidelity)),
        Chapter("Privacy", "privacy", joined(_answers(found.privacy)), _parts(found.privacy)),
    ]
    if found.utility:
        sections.append(Chapter("Utility", "utility", joined(_answers(found.utility)), _parts(found.utility)))
    sections.append(Chapter("What was looked at", "looked-at", joined(_method(found))))
    lead = joined([apart(synthetic.path), f" ({synthetic.table}) against ", apart(real.path), f" ({real.table})"])
    return document("Synthetic against real", lead, sections)


def _verdict(found: Evaluation) -> Markup:
    verdict = found.verdict
    faithful: Tone = "plain" if verdict.fidelity is None else "good" if verdict.fidelity >= 0.8 else "bad"
    tones: list[Tone] = ["bad", faithful] if verdict.copy else [faithful, "good"]
    lines = [message((tones[n] if n < len(tones) else "notice"), text) for n, text in enumerate(verdict.words)]
    figures = [
        ("closeness to real rows, at worst", number(verdict.fidelity, _DIGITS)),
        ("of the rows copied", percent(verdict.copied)),
        *((f"rows, {side.name}", count(side.rows)) for side in found.sides),
    ]
    return joined([messages(lines), paragraph(_LIMITS[0]), tiles(figures), *map(paragraph, _LIMITS[1:])])


def _parts(answers: Sequence[Answer]) -> tuple[tuple[str, str], ...]:
    return tuple((each.name.capitalize(), anchor(each.name)) for each in answers)


def _answers(answers: Sequence[Answer]) -> Iterator[Markup]:
    for each in answers:
        inside: list[Markup] = [paragraph(each.question)]
        if each.headlines:
            inside.append(
                table(f"The worst of each metric: {each.name}", _HEADS, map(_row, each.headlines), numbers=_NUMBERS)
            )
        if each.said:
            inside.append(messages(message("notice", line) for line in each.said))
        if len(each.scores) > len(each.headlines):
            shown = each.scores[:_MOST]
            rest = f", the worst {_MOST} of {len(each.scores)}" if len(each.scores) > _MOST else ""
            inside.append(
                folded(
                    f"All scores{rest}",
                    table(f"Scores: {each.name}", _HEADS, map(_row, shown), numbers=_NUMBERS, tall=True),
                )
            )
        inside += [_listing(listing) for listing in each.grids if listing.rows]
        yield card(each.name.capitalize(), anchor(each.name), *inside)


def _row(score: Score) -> list[str]:
    cells = [number(_cut(value), _DIGITS) for value in (score.value, score.ceiling, score.floor, score.noise)]
    named = [score.metric, apart(score.of), badge(score.standing.replace(" ", "\u00a0"), _TONES[score.standing])]
    between = [cells[0], _interval(score.interval), cells[1], _interval(score.ceiling_interval), cells[2], cells[3]]
    return [*named, *between]


def _cut(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")


def _interval(ends: Interval | None) -> str:
    return "–" if ends is None else f"{number(_cut(ends[0]), _DIGITS)} to {number(_cut(ends[1]), _DIGITS)}"


def _listing(listing: Listing) -> Markup:
    words = [any(isinstance(row[n], str) for row in listing.rows) for n in range(len(listing.head))]
    rows = ([apart(cell) if isinstance(cell, str) else number(cell, 4) for cell in row] for row in listing.rows)
    return folded(
        listing.title,
        table(listing.title, listing.head, rows, numbers=[n for n, word in enumerate(words) if not word], tall=True),
    )


def _method(found: Evaluation) -> Iterator[Markup]:
    asked = found.inquiry
    roles = [("key", asked.key), ("time", asked.time), ("arm", asked.arm), ("target", asked.target)]
    noun = "entities" if asked.key else "of them drawn alone"
    sizes = ((f"sample, {side.name}", f"{side.sampled:,} rows, {side.entities:,} {noun}") for side in found.sides)
    named = ((name, value) for name, value in roles if value is not None)
    yield facts([*named, *sizes, ("seed", str(asked.seed)), ("resamples", str(asked.resamples))])
    if len(found.sides) == 2:
        yield paragraph("No hold-out was given: half of the real entities are held against the other half.")
    notes = [
        *found.notes,
        *(f"{side.name}: {side.keyless:,} rows without a key are left out" for side in found.sides if side.keyless),
    ]
    if notes:
        yield messages(message("notice", note) for note in notes)
    if found.left_out:
        rows = ([apart(name), reason] for name, reason in found.left_out.items())
        yield table("Columns that were not compared", ("column", "why"), rows)
