"""The page of a comparison: what drifted first, then every measure table by table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rowmill.quality.drift.judging import DriftChange
from rowmill.quality.drift.report import DriftReport, name, told
from rowmill.quality.page.blocks import Chapter, messages, paragraph, table, tiles
from rowmill.quality.page.blocks import message as line
from rowmill.quality.page.document import document
from rowmill.quality.page.markup import Markup, anchor, joined

_MOST_MEASURES: Final = 200
"""Of a table, those that are shown."""


def drift_page(report: DriftReport) -> str:
    """Return the page, one file that loads nothing."""
    tables = dict.fromkeys(change.key.table for change in report.changes)
    chapters = [Chapter("What changed", "changed", joined((_figures(report), _told(report))))]
    for each in tables:
        changes = [change for change in report.changes if change.key.table == each]
        chapters.append(Chapter(each, anchor(each), _measures(each, changes)))
    lead = f"{report.judged}, held against {report.earlier}"
    return document("Drift", lead, chapters)


def _figures(report: DriftReport) -> Markup:
    nights = f"{report.nights:,}" if report.nights > 1 else "all together"
    return tiles(
        (
            ("drifted", f"{len(report.drifted) + len(report.gone):,}"),
            ("measures", f"{len(report.changes):,}"),
            ("earlier slices", nights),
        )
    )


def _told(report: DriftReport) -> Markup:
    if report.ok:
        return messages([line("good", "Nothing changed by more than is usual.")])
    return messages(line("bad", text) for text in (*report.gone, *map(told, report.drifted)))


def _measures(title: str, changes: Sequence[DriftChange]) -> Markup:
    rows = [(name(change), told(change).partition(": ")[2], f"{change.weight:.2f}") for change in changes]
    more = len(rows) - _MOST_MEASURES
    made = table(
        f"Measures of {title}, the greatest change first; above 1 it is drift",
        ("measure", "change", "times what is allowed"),
        rows[:_MOST_MEASURES],
        numbers=(2,),
    )
    return joined((made, paragraph(f"{more} more changed less."))) if more > 0 else made
