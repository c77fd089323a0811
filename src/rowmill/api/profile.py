"""Profiles of what lies at a path, as data and as a page."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rowmill.core.errors import UsageError
from rowmill.core.outputs import refuse_inputs, refuse_others, write_whole
from rowmill.core.paths import local_path
from rowmill.core.units import short_count
from rowmill.quality.page.document import is_page
from rowmill.quality.profile.profiling import profile as look
from rowmill.quality.profile.report.page import page
from rowmill.run.books.manifest import read
from rowmill.sinks.registry import destination, is_local, placed, shown, takes_rows

if TYPE_CHECKING:
    from rowmill.quality.profile.facts import Profile


def profile(
    path: str | os.PathLike[str],
    *,
    tables: Sequence[str] | None = None,
    out: str | os.PathLike[str] | None = None,
    publish: bool = False,
    told: Callable[[str], None] | None = None,
) -> Profile:
    """Return what lies at a path: its tables, column by column, and how they belong together.

    Args:
        path: a destination; a file or folder of Parquet or CSV, or a pattern; a file of DuckDB; a schema of PostgreSQL.
        tables: names of some that are there; None for all.
        out: where the page is written, whole or not at all; None for nowhere. A page that is there is replaced.
        publish: whether the page is left beside the data too, as ``published_name`` calls it.
        told: is called with the name of each table before it is looked at.

    Raises:
        UsageError: if nothing is there that can be read, there is no such table, or the page has no place.
        IntegrityError: if what is there is damaged.
    """
    target = None if out is None else Path(local_path(out, "out"))
    if target is not None:
        _refuse(target, path)
    name = published_name(path) if publish else None
    found = look(path, tables, told)
    if target is not None or name is not None:
        made = page(found)
        if target is not None:
            write_whole("--out", target, made)
        if name is not None:
            destination(path).leave(name, made.encode())
    return found


def published_name(path: str | os.PathLike[str]) -> str:
    """Return what a published page is called, by what is committed: ``profile_1M_2025-11-30.html``.

    Raises:
        UsageError: if no run wrote what is there, or it is a database.
    """
    if takes_rows(path):
        raise UsageError(f"{shown(path)}: a database has no place for a page; write it to a file with --out")
    manifest = read(os.fspath(path))
    last = max(each.dates[1] for each in manifest.slices)
    return f"profile_{short_count(manifest.rows)}_{last}.html"


def _refuse(target: Path, path: str | os.PathLike[str]) -> None:
    """Refuse to write over anything but a page, or where nothing can be written.

    Raises:
        UsageError: naming what is there.
    """
    place = placed(path, "PATH").removeprefix("duckdb://")
    if is_local(place):
        refuse_inputs("--out", target, {"PATH": place})
    refuse_others("--out", target, is_page, "page")
