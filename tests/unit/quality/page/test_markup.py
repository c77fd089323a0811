"""Markup: whatever a text holds, a page shows it and nothing of it is markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.quality.page.markup import Markup, anchor, apart, element, escaped, joined
from support.pages import HOSTILE


class Reader(HTMLParser):
    """What a parser finds."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, object]] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, attrs))

    def handle_data(self, data):
        self.text += data


def parsed(markup):
    reader = Reader()
    reader.feed(markup)
    reader.close()
    return reader


TEXTS = st.one_of(st.sampled_from(HOSTILE), st.text())
PLAIN = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Cn")))


@given(TEXTS, TEXTS)
def test_no_text_is_markup_wherever_it_stands(text, title):
    reader = parsed(element("p", {"title": title, "data-name": text}, text, apart(text), joined([text])))

    assert [tag for tag, _ in reader.found] == ["p", "bdi"]
    assert [name for name, _ in reader.found[0][1]] == ["title", "data-name"]


@given(PLAIN)
def test_a_reader_gets_the_text_that_was_given(text):
    reader = parsed(element("p", {"title": text}, text))

    assert reader.text == text
    assert reader.found == [("p", [("title", text)])]


def test_what_no_page_may_hold_is_shown_by_a_sign():
    assert escaped("a\0\x07\ud800\x85z") == "a␀␇\ufffd\ufffdz"


def test_markup_is_not_escaped_again():
    assert element("p", None, element("strong", None, "<")) == "<p><strong>&lt;</strong></p>"
    assert isinstance(element("p"), Markup)
    assert element("input", {"hidden": True, "id": None, "open": False}) == "<input hidden>"


@pytest.mark.parametrize("name", ["script", "iframe", "style", "a onclick=x", "img", "p><script", ""])
def test_only_elements_that_neither_load_nor_run_are_made(name):
    with pytest.raises(ValueError, match="not on the list"):
        element(name)


@pytest.mark.parametrize("name", ["onclick", "style", "src", "x y", "data-x onclick", ""])
def test_only_attributes_that_neither_load_nor_run_are_made(name):
    with pytest.raises(ValueError, match="not on the list"):
        element("p", {name: "x"})


@pytest.mark.parametrize("place", ["javascript:alert(1)", "https://example.invalid", "", " #x"])
def test_links_stay_in_the_page(place):
    with pytest.raises(ValueError, match="leads out of the page"):
        element("a", {"href": place}, "x")


@given(TEXTS, TEXTS)
def test_names_of_places_are_plain_and_differ(one, other):
    assert anchor(one).replace("-", "").isalnum()
    assert (anchor(one) == anchor(other)) == (one == other)


def test_long_values_are_cut_and_their_direction_stays_their_own():
    assert apart("x" * 200, 10) == f'<bdi title="{"x" * 200}">xxxxxxxxx…</bdi>'
