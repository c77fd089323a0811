"""What a location is that looks like a place of another kind: it is refused with the fix, and becomes no folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path

from rowmill.core.errors import UsageError
from rowmill.core.paths import without_secrets

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_OTHERS = {"jdbc:postgresql": "postgresql", "pgsql": "postgresql", "s3a": "s3", "s3n": "s3"}
"""What other tools call a scheme."""
_WORD = r"(?:host|hostaddr|port|dbname|user|password|passfile|service|sslmode|connect_timeout)\s*="
_KEYWORDS = re.compile(rf"\s*(?:{_WORD}.*\s{_WORD}|password\s*=).*", re.DOTALL)
_ACCOUNT = re.compile(r"[^:/@]+:[^@]+@[^@]+", re.DOTALL)
"""The rest of a URL: a user, a password and a host."""
_ENDING = ".duckdb"


def refuse_near_miss(text: str, what: str, schemes: Iterable[str]) -> None:
    """Refuse a location that is no place, and resembles one; a path with a ``/`` or ``./`` before it never does.

    Args:
        text: as the user gave it; no URL of a scheme that is known.
        what: where it was given, for errors.
        schemes: those that are known.

    Raises:
        UsageError: saying what to write; no secret of the text is shown.
    """
    if text.startswith(("/", "./", "../", "~")):
        return
    if text == "-":
        raise UsageError(f"{what}: got '-', and nothing is written to standard output; name a folder, or ./- for that")
    if _KEYWORDS.fullmatch(text):
        raise UsageError(f"{what}: got keywords of a connection; write postgresql://USER@HOST:PORT/DATABASE")
    said = without_secrets(text)
    known = {*schemes} - {"file"}
    begun, slashes, _ = text.partition("//")
    if slashes and begun.lower() in known:
        raise UsageError(f"{what}: got {said!r}; write {begun.lower()}://, or ./{said} for such a name")
    _refuse_scheme(text, said, what, known)
    if _ACCOUNT.fullmatch(text) and "://" not in text:
        raise UsageError(f"{what}: got {said!r}, a URL without its beginning; write postgresql://, or ./ before a name")


def refuse_other_case(path: str, text: str, what: str) -> None:
    """Refuse the path of a database whose ending is not in small letters, unless it is a folder.

    Raises:
        UsageError: saying what to write.
    """
    if path.lower().endswith(_ENDING) and not path.endswith(_ENDING) and not Path(path).is_dir():
        fix = f"end it with {_ENDING}, or write duckdb://{path}"
        raise UsageError(f"{what}: got {text!r}, which is a folder for its capital letters; {fix}")


def _refuse_scheme(text: str, said: str, what: str, known: set[str]) -> None:
    found = _SCHEME.fullmatch(text)
    if found is None:
        return
    scheme, rest = found[1].lower(), found[2]
    if scheme == "jdbc":
        inner, _, rest = rest.partition(":")
        scheme = f"jdbc:{inner.lower()}"
    if scheme in known:
        name = "" if said != text else f", or ./{text} for such a name"
        raise UsageError(f"{what}: got {said!r}; // is missing; write {scheme}://{name}")
    close = _OTHERS.get(scheme) or "".join(get_close_matches(scheme, sorted(known), 1, 0.8))
    if close and rest.startswith("/"):
        raise UsageError(f"{what}: got {said!r}; unknown scheme {scheme!r}; did you mean {close}://?")
