"""Log lines on standard error, as text or JSON, when they are asked for."""

from __future__ import annotations

import logging
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rowmill.run.settings import RunSettings


def log_to_stderr(settings: RunSettings, verbose: int) -> bool:
    """Send the package's log records to standard error and return True, unless nobody asked for more than warnings.

    Args:
        settings: level and format.
        verbose: how often ``-v`` was given: once for info, twice for debug, above the level of the settings.
    """
    level = min(logging.getLevelNamesMapping()[settings.log_level.upper()], logging.WARNING - 10 * min(verbose, 2))
    if level >= logging.WARNING and settings.log_format == "text":
        return False
    import structlog
    from structlog.processors import JSONRenderer, TimeStamper
    from structlog.stdlib import ExtraAdder, ProcessorFormatter, add_log_level

    renderer = (
        JSONRenderer()
        if settings.log_format == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0)
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        ProcessorFormatter(
            foreign_pre_chain=[add_log_level, TimeStamper("iso"), ExtraAdder()],
            processors=[ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logger = logging.getLogger("rowmill")
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
    return True
