"""The page of a profile: an overview, what to look at, what was asked, how tables belong together, each table."""

from __future__ import annotations

from rowmill.quality.page.blocks import (
    Chapter,
    badge,
    facts,
    folded,
    link,
    message,
    messages,
    muted,
    paragraph,
    table,
    tiles,
)
from rowmill.quality.page.diagram import Arrow, Box, diagram
from rowmill.quality.page.document import document
from rowmill.quality.page.markup import Markup, apart, element, joined
from rowmill.quality.page.numbers import count, number, percent, short, size
from rowmill.quality.profile.facts import AimMet, Finding, Profile, Relation, TableFacts
from rowmill.quality.profile.report.tables import column_place, table_chapter, table_place

_SHOWN = 25
"""Findings that stand unfolded."""


def page(profile: Profile) -> str:
    """Return a profile as one page of HTML, which loads nothing."""
    chapters = [Chapter("Overview", "overview", _overview(profile))]
    chapters.append(Chapter("To look at", "findings", _findings(profile)))
    if profile.asked:
        chapters.append(Chapter("Asked and made", "asked", _asked(profile.asked)))
    if len(profile.tables) > 1:
        chapters.append(Chapter("Tables", "tables", _tables(profile)))
    linked = {(each.table, name) for each in profile.relations for name in each.columns}
    chapters += [
        table_chapter(each, {column for name, column in linked if name == each.name}) for each in profile.tables
    ]
    return document(f"Profile of {profile.path}", _lead(profile), chapters, filtered="Find a column")


def _lead(profile: Profile) -> Markup:
    main = profile.tables[0]
    rows = f"{count(main.rows)} row{'s' * (main.rows != 1)} of "
    others = len(profile.tables) - 1
    return joined([rows, apart(main.name), f", beside {others} other table{'s' * (others > 1)}" if others else ""])


def _overview(profile: Profile) -> Markup:
    cells = sum(table.rows * len(table.columns) for table in profile.tables)
    missing = sum(column.nulls for table in profile.tables for column in table.columns)
    graver = sum(1 for each in profile.findings if each.tone in ("bad", "warning"))
    pairs = [
        ("tables", count(len(profile.tables))),
        ("rows", count(sum(table.rows for table in profile.tables))),
        ("columns", count(sum(len(table.columns) for table in profile.tables))),
        ("cells without a value", percent(missing / cells if cells else 0)),
        ("problems and warnings", count(graver)),
    ]
    stored = [table.bytes for table in profile.tables if table.bytes is not None]
    if stored:
        pairs.append(("stored", size(sum(stored))))
    about = [(what, element("code", None, text)) for what, text in profile.about.items()]
    return joined([tiles(pairs), element("div", {"class": "card"}, facts(about)) if about else Markup("")])


def _findings(profile: Profile) -> Markup:
    if not profile.findings:
        return messages([message("good", "Nothing here looks odd.")])
    made = [_finding(each) for each in profile.findings]
    rest = folded(f"{len(made) - _SHOWN} more", messages(made[_SHOWN:])) if len(made) > _SHOWN else Markup("")
    return joined([messages(made[:_SHOWN]), rest])


def _finding(each: Finding) -> Markup:
    where = table_place(each.table) if each.column is None else column_place(each.table, each.column)
    name = each.table if each.column is None else f"{each.table} · {each.column}"
    return message(each.tone, link(apart(name, 90), where), " ", each.text)


def _asked(asked: tuple[AimMet, ...]) -> Markup:
    def said(each: AimMet, value: float | None) -> str:
        if value is None:
            return "–"
        if each.form == "count":
            return count(round(value))
        return percent(value) if each.form == "share" else number(value)

    rows = [
        [
            apart(each.what),
            apart(each.table),
            said(each, each.asked),
            said(each, each.made),
            badge("as asked", "good") if each.met else badge("differs", "bad"),
        ]
        for each in asked
    ]
    heads = ["What", "Table", "Asked", "Made", ""]
    told = paragraph("What the spec in the manifest asks for, and what the rows are.")
    made = table("Asked and made", heads, rows, numbers=[2, 3])
    return element("div", {"class": "card"}, told, made)


def _tables(profile: Profile) -> Markup:
    lines: dict[str, dict[str, None]] = {table.name: dict.fromkeys(table.key) for table in profile.tables}
    for each in profile.relations:
        lines[each.table].update(dict.fromkeys(each.columns))
        lines[each.other].update(dict.fromkeys(each.references))
    boxes = [Box(table.name, short(table.rows), tuple(lines[table.name])) for table in profile.tables]
    arrows = [
        Arrow(each.table, each.other, percent(each.share), sound=each.found == each.rows or each.earlier)
        for each in profile.relations
    ]
    drawn = diagram("Tables and what they refer to", boxes, arrows) if profile.relations else Markup("")
    rows = [
        [link(apart(each.name), table_place(each.name)), *_counts(each), ", ".join(each.key) or "–", _duplicates(each)]
        for each in profile.tables
    ]
    listed = table("Tables", ["Table", "Rows", "Columns", "Key", "Rows that repeat it"], rows, numbers=[1, 2, 4])
    parts = [drawn, listed]
    if profile.relations:
        parts.append(_relations(profile.relations))
    return element("div", {"class": "card"}, *parts)


def _counts(each: TableFacts) -> list[str]:
    return [count(each.rows), count(len(each.columns))]


def _duplicates(each: TableFacts) -> str:
    if each.duplicates is None:
        return "–"
    return count(each.duplicates) + (
        "" if each.keys_looked_at == 1 else f" of one key in {round(1 / each.keys_looked_at)}"
    )


def _relations(relations: tuple[Relation, ...]) -> Markup:
    rows = [
        [
            joined([apart(each.table), " (", apart(", ".join(each.columns)), ")"]),
            joined([apart(each.other), " (", apart(", ".join(each.references)), ")"]),
            count(each.rows),
            "all" if each.looked_at == 1 else f"1 in {round(1 / each.looked_at)}",
            percent(each.share),
            muted("may lie earlier") if each.earlier and each.found < each.rows else "",
        ]
        for each in relations
    ]
    heads = ["Columns", "name rows of", "Rows looked up", "Of the keys", "Found", ""]
    return table("Foreign keys", heads, rows, numbers=[2, 3, 4])
