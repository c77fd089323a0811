"""A whole page of every block and chart: it loads nothing, it is readable, and hostile texts stay texts."""

from __future__ import annotations

import re

import pytest

from rowmill.quality.page import blocks, charts, diagram, heat
from rowmill.quality.page.document import document
from rowmill.quality.page.markup import Markup, anchor, joined
from support.pages import HOSTILE, read


def whole(texts):
    """Return a page that has every block, with some texts in every place."""
    one, many = texts[0], list(texts)
    numbers = list(range(len(many)))
    two = [charts.Series(one, numbers), charts.Series(texts[-1], [None, *numbers[1:]])]
    boxes = [diagram.Box(text, text, tuple(texts) * 2) for text in texts]
    links = [diagram.Arrow(one, text, text, sound=text != one) for text in texts]
    grid = heat.Grid(many, many, [[n - k if n != 2 else None for n in numbers] for k in numbers])
    body = joined(
        [
            blocks.tiles([(one, one)]),
            blocks.facts([(one, one)]),
            blocks.messages(blocks.message(tone, one) for tone in ("good", "notice", "warning", "bad", "plain")),
            blocks.card(one, anchor(one), blocks.badge(one), blocks.muted(one), name=one),
            blocks.side_by_side(blocks.paragraph(one), blocks.folded(one, one, open_=True)),
            blocks.table(one, [one, one], [[one, charts.share(0.5)]], numbers=[1], tall=True),
            blocks.link(one, anchor(one)),
            charts.bars(one, many, two[:1]),
            charts.bars(one, many, two),
            charts.bars(one, [], []),
            charts.lines(one, many, two),
            charts.key(many),
            heat.heat_map(one, grid, written=True),
            heat.heat_map(one, heat.Grid([], [], [])),
            diagram.diagram(one, boxes, links),
        ]
    )
    sections = [
        blocks.Chapter(one, "first", Markup(body), ((one, anchor(one)),)),
        blocks.Chapter(one, "second", body[:0]),
    ]
    return document(one, one, sections[:1], filtered=one)


@pytest.mark.parametrize("turn", range(len(HOSTILE)))
def test_a_page_of_hostile_texts_runs_and_loads_nothing(turn):
    texts = HOSTILE[turn:] + HOSTILE[:turn]

    page = read(whole(texts))

    assert len(page.all("svg")) > len(texts)


def test_what_is_written_in_charts_can_be_read_in_words():
    made = charts.bars("Amounts", ["1 to 2", "2 to 3"], [charts.Series("", [5, 7])])

    assert "2 bars from 1 to 2 to 2 to 3; the highest is 7 at 2 to 3." in made
    assert "<title>2 to 3: 7</title>" in made
    grid = heat.Grid(["a", "b"], ["a", "b"], [[1, -0.5], [-0.5, 1]])
    assert "highest -0.5 at b and a, lowest -0.5" in heat.heat_map("Correlation", grid)


def test_a_missing_value_breaks_a_line():
    made = charts.lines("x", list("abcde"), [charts.Series("", [1, 2, None, 3, 3])])

    assert made.count('class="l0"') == 2


def test_tables_that_refer_to_each_other_in_a_circle_are_drawn():
    boxes = [diagram.Box(name, "", ()) for name in "abc"]
    links = [diagram.Arrow(one, other, "") for one, other in ("ab", "bc", "ca", "aa")]

    made = diagram.diagram("Tables", boxes, [*links, diagram.Arrow("a", "elsewhere", "")])

    assert made.count('class="link"') == 4
    assert not re.search("nan|inf", made)


def brightness(colour):
    """Return the relative luminance of a colour of six digits."""
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("mode", [0, 1], ids=["light", "dark"])
def test_texts_stand_out_from_what_is_behind_them(root, mode):
    style = (root / "src/rowmill/quality/page/page.css").read_text()
    colours = dict(re.findall(r"--([a-z-]+): light-dark\((.*?)\);", style))
    colours = {name: pair.split(", ")[mode] for name, pair in colours.items()}
    pairs = [(text, back) for text in ("text", "soft", "accent") for back in ("back", "card", "plain-back")]
    pairs += [(tone, back) for tone in ("good", "notice", "warning", "bad") for back in (f"{tone}-back", "card")]

    poor = {}
    for text, back in pairs:
        low, high = sorted((brightness(colours[text]), brightness(colours[back])))
        if (ratio := (high + 0.05) / (low + 0.05)) < 4.5:
            poor[text, back] = round(ratio, 2)

    assert not poor
