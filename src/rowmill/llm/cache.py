"""Answers kept in a folder, so that a question is paid once: one small JSON file each, named after the question."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rowmill.core.errors import UsageError
from rowmill.core.paths import local_path

FORM = 1
"""Version of the files."""
OFF = "none"


@dataclass(frozen=True, slots=True)
class Cache:
    """A folder of answers; None keeps nothing."""

    folder: Path | None

    def find(self, question: str) -> str | None:
        """Return the answer to a question, by its digest; None where it is not known or cannot be read."""
        if self.folder is None:
            return None
        try:
            found = json.loads((self.folder / f"{question}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        known = isinstance(found, dict) and found.get("form") == FORM and isinstance(found.get("answer"), str)
        return found["answer"] if known else None

    def keep(self, question: str, answer: str, facts: dict[str, Any]) -> None:
        """Keep the answer to a question, with what there is to know about it; a reader sees all of it or nothing."""
        if self.folder is None:
            return
        text = json.dumps({"form": FORM, **facts, "answer": answer}, ensure_ascii=False, indent=1) + "\n"
        half = self.folder / f".{question}.{secrets.token_hex(8)}"
        try:
            half.write_text(text, encoding="utf-8")
            os.replace(half, self.folder / f"{question}.json")  # noqa: PTH105 - atomic on every system
        except OSError:
            half.unlink(missing_ok=True)


def open_cache(setting: str | None) -> Cache:
    """Return the cache in a folder, which is made where it is not there.

    Args:
        setting: folder; None for the user's own, ``none`` for no cache.

    Raises:
        UsageError: if the folder that was given cannot be used.
    """
    if setting == OFF:
        return Cache(None)
    folder = _own_folder() if setting is None else Path(local_path(setting, "run.llm.cache"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError(f"{folder} is read-only")
    except OSError as error:
        if setting is None:
            return Cache(None)
        raise UsageError(f"--llm-cache {setting}: {error.strerror or error}; give a folder to write to") from None
    return Cache(folder)


def _own_folder() -> Path:
    """Return the user's folder for caches, by the XDG rules."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path("~/.cache").expanduser()) / "rowmill" / "llm"
