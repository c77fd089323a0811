"""Saying what happens: an event by its name, with fields, through the loggers of the standard library.

Whoever uses the library decides what becomes of the records, as of any other library's; nothing is configured here.
The interface is structlog's, which shows them on the command line, and costs a command that shows none nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

ATTRIBUTE = "rowmill"
"""Attribute of a record that holds the event and its fields, as a mapping."""


@dataclass(frozen=True, slots=True)
class Log:
    """Says events of one module; fields that are bound go with each of them."""

    logger: logging.Logger
    bound: Mapping[str, Any] = field(default_factory=dict)

    def bind(self, **fields: Any) -> Log:
        """Return one that says these fields too, such as ``run`` and ``part``."""
        return replace(self, bound={**self.bound, **fields})

    def debug(self, event: str, **fields: Any) -> None:
        """Say what helps to find a fault."""
        self._say(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Any) -> None:
        """Say what happens."""
        self._say(logging.INFO, event, fields)

    def warning(self, event: str, message: str, **fields: Any) -> None:
        """Say what somebody should know, with a line for people."""
        self._say(logging.WARNING, event, fields, message)

    def error(self, event: str, message: str, **fields: Any) -> None:
        """Say what went wrong, with a line for people."""
        self._say(logging.ERROR, event, fields, message)

    def _say(self, level: int, event: str, fields: Mapping[str, Any], message: str = "") -> None:
        if self.logger.isEnabledFor(level):
            said = {"event": event, **self.bound, **fields, **({"message": message} if message else {})}
            text = message or " ".join([event, *(f"{name}={said[name]}" for name in said if name != "event")])
            self.logger.log(level, text, extra={ATTRIBUTE: said}, stacklevel=3)


def log(name: str) -> Log:
    """Return the log of a module, by its ``__name__``."""
    return Log(logging.getLogger(name))
