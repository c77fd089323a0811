"""The bookkeeping of a local destination, as tests look at it and damage it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rowmill.run.books.survey import survey
from rowmill.sinks.registry import destination


def books(out: Path) -> list[str]:
    """Return what lies in the bookkeeping of a destination, folders and files."""
    return sorted(path.relative_to(out / "_rowmill").as_posix() for path in (out / "_rowmill").rglob("*"))


def committed(out: Path) -> list[str]:
    """Return the names that the bookkeeping has when nothing but committed slices is left."""
    slices = survey(destination(str(out))).slices
    folders = [each.manifest.rpartition("/")[0] for each in slices]
    return sorted(["_SUCCESS", "head.json", *folders, *(each.manifest for each in slices)])


def manifest(out: Path, label: str = "whole") -> Path:
    """Return the manifest of a slice."""
    [found] = (out / "_rowmill" / label).glob("manifest-*.json")
    return found


def plan(out: Path, label: str = "whole") -> Path:
    """Return the plan of the unfinished run of a slice."""
    [found] = (out / "_rowmill" / label).glob("plan-*.json")
    return found


def head(out: Path) -> Path:
    """Return the head."""
    return out / "_rowmill" / "head.json"


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a document in place."""
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def as_first_form(out: Path) -> None:
    """Make a destination one of the form without a head: all that is known of a slice is its manifest."""
    for each in survey(destination(str(out))).slices:
        path = out / "_rowmill" / each.manifest
        data = json.loads(path.read_text())
        data.pop("schemas", None)
        path.unlink()
        place = out / "_rowmill" if each.label == "whole" else path.parent
        (place / "manifest.json").write_text(json.dumps(data))
        if each.label == "whole":
            path.parent.rmdir()
    head(out).unlink()
