"""URLs of PostgreSQL: libpq's own, with ``?schema=NAME`` beside its parameters."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from rowmill.core.errors import UsageError
from rowmill.model.spec import nearest

SCHEMA = "schema"
"""The parameter that is ours: the schema where everything lands."""
USUAL_SCHEMA = "public"
_FORM = "postgresql://USER@HOST:PORT/DATABASE?schema=NAME"
_RULE = f"write {_FORM}, and special characters of a password as in %40 for @ (or set PGPASSWORD)"
_PORTS = re.compile(r"[0-9,]*")
NAME_BYTES = 63
"""Longest name of a schema, a table or a column."""
_CONNECT_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Place:
    """Where a destination lies: a schema of a database."""

    conninfo: str = field(repr=False)
    """What libpq takes; may hold secrets."""
    schema: str
    shown: str
    """The URL without secrets."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Values that no message may have."""


def place(location: str) -> Place:
    """Return where a URL leads.

    Raises:
        UsageError: if it is no URL of PostgreSQL; no part of a password is named.
    """
    from psycopg import Error, conninfo, pq

    address, parameters = _split(location)
    ours = [unquote(value) for key, value in parameters if key == SCHEMA]
    known = {option.keyword.decode(): option.dispchar == b"*" for option in pq.Conninfo.get_defaults()}
    for key, _ in parameters:
        if key not in {*known, SCHEMA, "ssl"}:
            raise UsageError(f"PostgreSQL URL: unknown parameter {key!r}; {nearest(key, [*known, SCHEMA])}")
    libpq = "&".join(f"{key}={value}" for key, value in parameters if key != SCHEMA)
    url = address + (f"?{libpq}" if libpq else "")
    try:
        parts = {key: str(value) for key, value in conninfo.conninfo_to_dict(url).items()}
    except Error:
        raise UsageError(f"PostgreSQL URL: cannot be read; {_RULE}") from None
    _refuse_unescaped(parts)
    if len(ours) > 1 or any(not name or "\0" in name or len(name.encode()) > NAME_BYTES for name in ours):
        raise UsageError(f"PostgreSQL URL: schema {ours[-1]!r}: give one name of 1 to {NAME_BYTES} bytes")
    if not {"connect_timeout", "service"} & parts.keys() and "PGCONNECT_TIMEOUT" not in os.environ:
        url += f"{'&' if libpq else '?'}connect_timeout={_CONNECT_SECONDS}"
    secrets = tuple(value for key, value in parts.items() if value and known.get(key))
    return Place(url, ours[0] if ours else USUAL_SCHEMA, _shown(parts, ours), secrets)


def _split(location: str) -> tuple[str, list[tuple[str, str]]]:
    """Return a URL without its parameters, and those as they are written."""
    scheme, _, rest = location.partition("://")
    # A question mark may stand in a password.
    user, at, host = rest.partition("@")
    if "/" in user or not at:
        user, at, host = "", "", rest
    address, _, query = host.partition("?")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    return f"{scheme}://{user}{at}{address}", [(unquote(key), value) for key, _, value in pairs]


def _refuse_unescaped(parts: Mapping[str, str]) -> None:
    """Refuse what libpq reads where a password has an @ or a slash as it is: the rest would be shown as a host."""
    if "@" in parts.get("host", "") + parts.get("dbname", "") or not _PORTS.fullmatch(parts.get("port", "")):
        raise UsageError(f"PostgreSQL URL: its host, port or database cannot be right; {_RULE}")


def _shown(parts: Mapping[str, str], schema: list[str]) -> str:
    user = f"{quote(parts['user'], safe='')}@" if "user" in parts else ""
    host = parts.get("host", parts.get("hostaddr", ""))
    if "/" in host:
        host = quote(host, safe="")
    port = f":{parts['port']}" if "port" in parts else ""
    more = {"service": parts.get("service", ""), SCHEMA: schema[0] if schema else ""}
    query = "&".join(f"{key}={quote(value, safe='')}" for key, value in more.items() if value)
    database = quote(parts.get("dbname", ""), safe="")
    return f"postgresql://{user}{host}{port}/{database}" + (f"?{query}" if query else "")
