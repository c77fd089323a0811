"""Pages as a parser reads them: what may run or load, where links lead, and what readers are told."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

HOSTILE = (
    "<script>document.title='run'</script>",
    "</style><script>document.title='run'</script>",
    "</title><img src=x onerror=\"document.title='run'\">",
    "javascript:document.title='run'",
    "\"><svg onload=document.title='run'>",
    "' onmouseover='document.title=1",
    '=HYPERLINK("http://example.invalid","x")',
    "]]><!--<p>--!>",
    "\u202eevil\u0000\u0007\ud800",
)
"""Texts that would do something in a page that does not escape them."""
_VOID = {"meta", "input"}


@dataclass
class Page(HTMLParser):
    """The elements of a page, in order, each with what it holds as text."""

    elements: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    texts: dict[str, list[str]] = field(default_factory=dict)
    open_: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag, attrs):
        assert len(dict(attrs)) == len(attrs), f"an attribute of {tag} stands twice"
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open_.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_endtag(self, tag):
        assert self.open_.pop() == tag

    def handle_data(self, data):
        for tag in {*self.open_}:
            self.texts[tag][-1] += data

    def handle_comment(self, data):
        raise AssertionError(f"a comment: {data}")

    def all(self, *tags: str) -> list[dict[str, Any]]:
        """Return the attributes of the elements of some names."""
        return [attributes for tag, attributes in self.elements if tag in tags]


def read(html: str) -> Page:
    """Return a page that is whole, loads nothing, runs its own script alone, and serves every reader.

    Raises:
        AssertionError: if it is not.
    """
    page = Page()
    page.feed(html)
    page.close()
    assert page.open_ == []
    html.encode("utf-8")
    _refuse_foreign(html, page)
    _refuse_unserved(page)
    return page


def _refuse_foreign(html: str, page: Page) -> None:
    names = {name for _, attributes in page.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")} | {"src", "srcset", "style", "action"} & names
    assert not {"iframe", "object", "embed", "link", "base", "img", "form", "image", "use"} & {
        t for t, _ in page.elements
    }
    assert len(page.all("script")) == len(page.all("style")) == 1
    (policy,) = (each["content"] for each in page.all("meta") if each.get("http-equiv"))
    assert policy.startswith("default-src 'none'; ")
    for tag in ("script", "style"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", html, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
        assert not re.search(r"url\(|import[ (]|fetch|http", text)


def _refuse_unserved(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = {attributes["href"].removeprefix("#") for attributes in page.all("a")}
    assert links <= set(ids)
    assert len(page.all("h1")) == len(page.all("main")) == 1
    assert html_title(page)
    assert {"nav", "header", "footer"} <= {tag for tag, _ in page.elements}
    assert all(each.get("aria-label") or each.get("aria-hidden") for each in page.all("svg"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(each.get("scope") for each in page.all("th"))
    assert all({each["aria-labelledby"]} <= set(ids) for each in page.all("section"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))


def html_title(page: Page) -> str:
    """Return the title of the page itself."""
    return page.texts["title"][0]
