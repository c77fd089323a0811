"""Log records of workers: they go to the driver, which has the handlers; so no two processes write to one place."""

from __future__ import annotations

import logging
from contextlib import suppress
from logging.handlers import QueueHandler
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any


class _Relay(QueueHandler):
    """Sends records over a connection."""

    def __init__(self, link: Connection) -> None:
        queue: SimpleQueue[Any] = SimpleQueue()
        super().__init__(queue)
        self._link = link

    def enqueue(self, record: logging.LogRecord) -> None:
        """Send a record; a driver that is gone hears none."""
        with suppress(OSError):
            self._link.send(record)


def relay_records(link: Connection, level: int) -> None:
    """Send every record of this process over a connection from now on, those of this package from a level on.

    A fork forgets the handlers of the process that it came from: some write to the same file.
    """
    known = (logging.getLogger(name) for name in logging.root.manager.loggerDict)
    for logger in (logging.root, *known):
        logger.handlers.clear()
        logger.propagate = True
    logging.root.addHandler(_Relay(link))
    logging.getLogger("rowmill").setLevel(level)


def level_here() -> int:
    """Return the level from which records of this package are heard in this process."""
    return logging.getLogger("rowmill").getEffectiveLevel()


def hear(record: logging.LogRecord) -> None:
    """Hand a worker's record to the handlers of this process."""
    logging.getLogger(record.name).handle(record)
