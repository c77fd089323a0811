"""Notes: what a dataset or a run does not read of what it was given, told to whoever gave it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rowmill.core.errors import UsageError
from rowmill.model.mistakes import in_lines

_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Note:
    """A key of the configuration, or all keys below it, that nothing depends on as things are."""

    key: str
    """Dotted, with its section, such as ``data.escalation.cap``."""
    why: str
    """Why it has no effect; of a refused one the rule and the fix."""
    refused: bool = False
    """Whether who sets it asks for something that cannot be: then nothing is made."""
    only_in: frozenset[str] = frozenset()
    """Tables that do depend on it; empty for none."""
    filled: Any = None
    """What stands there in a spec where nobody set it; such a spec may be handed on whole."""

    def concerns(self, key: str) -> bool:
        """Return whether a key that was given is this one or lies below it."""
        return key == self.key or key.startswith(f"{self.key}.")


def notes_of(
    unused: Iterable[Note], given: Mapping[str, str], values: Mapping[str, Any], tables: Collection[str] = ()
) -> tuple[str, ...]:
    """Return a line for each key that was given and has no effect.

    Args:
        unused: keys without effect.
        given: for each dotted key that somebody set, where: a flag, a file, a variable; empty where that is plain.
        values: the sections as plain data, to show what was received.
        tables: tables that are made; empty where any may be.

    Raises:
        UsageError: for those that are refused, a line each.
    """
    lines, refusals = [], []
    for key, origin in given.items():
        note = next((note for note in unused if note.concerns(key) and _without(note, tables)), None)
        if note is None or (not origin and note.filled is not None and _value(values, key) == note.filled):
            continue
        source = f" (from {origin})" if origin else ""
        if note.refused:
            refusals.append(f"{key}: got {_shown(values, key)}; {note.why}{source}")
        else:
            lines.append(f"{key}: no effect: {note.why}{source}")
    if refusals:
        raise UsageError(in_lines(refusals))
    return tuple(lines)


def _without(note: Note, tables: Collection[str]) -> bool:
    """Return whether no table that is made depends on a key."""
    return not note.only_in or (bool(tables) and not note.only_in & set(tables))


def _shown(values: Mapping[str, Any], key: str) -> str:
    """Return the value at a dotted key as short text."""
    text = repr(_value(values, key))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _value(values: Mapping[str, Any], key: str) -> Any:
    value: Any = values
    for step in key.split("."):
        if not isinstance(value, Mapping):
            break
        value = value.get(step)
    return value
