"""Names of folders that other libraries would interpret."""

from __future__ import annotations

import os

HOSTILE = (
    *("it's", 'a"b', "a{b}", "{a,b}", "data[1]", "[!a]", "q?", "a*b", "a#b", "{{ 1 }}", "%20", "$HOME", "~", "nl\nx"),
    *(" lead", "trail ", "-x", "back\\slash", "e\u0301", "😀", "s3:", "file:rel", "k=v", "x;y", "(x)", "%s", "month=3"),
    *("'); --", ".hid", os.fsdecode(b"bad\xff\xfe")),
)
IN_SQL = '-it\'s {b} [1] a*b # {{ 1 }} %20 $HOME ~ \n "x" e\u0301 😀 k=v;) '
"""All at once but what DuckDB cannot name: a question mark and a backslash."""
ALL = f"{IN_SQL} q? back\\"
NOT_IN_SQL = ("q?", "back\\slash", HOSTILE[-1])
"""Names below which DuckDB cannot keep a database, or that no text of SQL means."""


def fellows(name: str) -> str:
    """Return a name that the pattern which a hostile name could be taken for means too."""
    return name.replace("[1]", "1").replace("*", "xx").replace("?", "x").replace("[!a]", "b")
