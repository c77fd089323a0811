"""What a command says on standard error: text for people, or a log record in JSON a line, and nothing beside it."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from types import TracebackType
from typing import Any, Literal, Self

import click

from rowmill.core.logs import ATTRIBUTE, log

Form = Literal["text", "json"]
_REFUSED = 2
_SIGNALLED = 128
"""Exit codes above it are of signals."""

_log = log(__name__)


class Reports:
    """What one command says; log handlers that it sets up are gone at its end."""

    def __init__(self) -> None:
        self.form: Form = "text"
        self._handler: logging.Handler | None = None
        self._before = logging.root.level, logging.getLogger("rowmill").level

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._remove()

    @property
    def logging(self) -> bool:
        """Return whether log records are shown, so that nothing should move between them."""
        return self._handler is not None

    def show(self, form: Form, level: str, verbose: int = 0) -> None:
        """Show log records on standard error, unless only warnings were asked for as text: those show by themselves.

        Args:
            form: of the lines.
            level: the least one.
            verbose: how often ``-v`` was given: once for info, twice for debug, above the level.
        """
        least = min(logging.getLevelNamesMapping()[level.upper()], logging.WARNING - 10 * min(verbose, 2))
        self._remove()
        self.form = form
        if form == "text" and least >= logging.WARNING:
            return
        self._handler = logging.StreamHandler()
        self._handler.setFormatter(_formatter(form))
        logging.root.addHandler(self._handler)
        logging.getLogger("rowmill").setLevel(least)
        # What other libraries say at less is theirs, but a warning is a line like any other.
        logging.root.setLevel(min(logging.root.level, logging.WARNING))
        logging.captureWarnings(form == "json")

    def tell(self, event: str, text: str, fields: Mapping[str, Any]) -> None:
        """Say what people read as text, and logs as an event with fields."""
        if self.form == "json":
            _log.info(event, **fields)
        else:
            click.echo(text, err=True)

    def note(self, text: str) -> None:
        """Say a line that somebody should know."""
        if self.form == "json":
            _log.warning("note", text)
        else:
            click.echo(text, err=True)

    def fail(self, message: str, code: int) -> None:
        """Say why a command ended; code 0 is of help that was asked for."""
        if self.form == "json":
            event = "interrupted" if code > _SIGNALLED else "refused" if code == _REFUSED else "failed"
            _log.error(event, message, exit_code=code)
        else:
            click.echo(f"rowmill: {message}" if code else message, err=True)

    def _remove(self) -> None:
        if self._handler is not None:
            logging.root.removeHandler(self._handler)
            logging.root.setLevel(self._before[0])
            logging.getLogger("rowmill").setLevel(self._before[1])
            logging.captureWarnings(False)  # noqa: FBT003 - takes no keyword
            self._handler = None


def reports() -> Reports:
    """Return what the command at work speaks with; text where none is at work."""
    context = click.get_current_context(silent=True)
    return Reports() if context is None else context.ensure_object(Reports)


def _formatter(form: Form) -> logging.Formatter:
    import structlog
    from structlog.processors import JSONRenderer, TimeStamper, format_exc_info
    from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level
    from structlog.typing import Processor

    clean = ProcessorFormatter.remove_processors_meta
    foreign: list[Processor] = [add_log_level, TimeStamper("iso"), ExtraAdder(), _unfolded]
    if form == "json":
        return ProcessorFormatter(
            foreign_pre_chain=foreign, processors=[clean, format_exc_info, JSONRenderer(default=str)]
        )
    shown = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    return ProcessorFormatter(foreign_pre_chain=foreign, processors=[clean, _for_people, shown])


def _unfolded(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Give a record of this package its event and fields; one of another library says its text as the event."""
    said = event.pop(ATTRIBUTE, None)
    return {**event, "logger": event["_record"].name} if said is None else {**event, **said}


def _for_people(_: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Let a line for people stand for the event and its fields."""
    if "message" not in event:
        return event
    return {"event": event["message"], "level": event["level"], "timestamp": event["timestamp"]}
