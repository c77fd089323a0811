"""Locks where there are none: a lease is a document that says who holds a name, and until when.

The holder renews it while it works. Whoever finds one that ran out, or whose holder has ended on this machine, takes it
over by compare-and-set. A holder that was stopped for longer than its lease lasts has lost it: before anything is shown
or removed it is asked whether that is so.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass

from rowmill.core.beats import Beat
from rowmill.core.errors import DestinationError, RowmillError
from rowmill.core.processes import lives, status
from rowmill.core.undoing import undone
from rowmill.sinks.documents import Documents

PLACE = "locks"
"""Folder of the documents, beside those of slices."""
_SUFFIX = ".json"
_POLL_SECONDS = 0.05
_MARGIN = 0.2
"""Share of its time that must be left of a lease for its holder to rely on it."""


@dataclass(frozen=True, slots=True)
class Lease:
    """What the document says."""

    process: int
    started: str
    machine: str
    token: str
    expires: float
    """Seconds since 1970."""

    @property
    def ended(self) -> bool:
        """Return whether its holder is known to have ended."""
        return self.machine == socket.gethostname() and not lives(self.process, self.started)


class Leases:
    """The names that this process holds at a destination."""

    def __init__(self, documents: Documents, clock: Callable[[], float] = time.time, seconds: float = 60.0) -> None:
        self._documents = documents
        self._clock = clock
        self._seconds = seconds
        self._held: dict[str, Lease] = {}

    @contextmanager
    def hold(self, name: str, *, wait: bool = False) -> Iterator[bool]:
        """Hold a name; yields False where another one holds it; with ``wait``, waits until that one lets go."""
        token, renewing = secrets.token_hex(8), Beat(lambda: self._renew(name), self._seconds / 3)

        def let_go() -> None:
            renewing.end()
            # One that cannot be removed runs out.
            with suppress(RowmillError):
                self._release(name, token)

        with undone(let_go):
            while not (held := self._take(name, token)) and wait:
                time.sleep(_POLL_SECONDS)
            if held:
                renewing.start()
            yield held

    def names(self, place: str) -> tuple[str, ...]:
        """Return the names right below a place that are held, or were left by a process that was killed, sorted."""
        return tuple(name for name in self._below(f"{place}/") if name.rpartition("/")[0] == place)

    def all(self) -> tuple[str, ...]:
        """Return every name that is held, or was left by a process that was killed, sorted."""
        return self._below("")

    def holder(self, name: str) -> str | None:
        """Return who holds a name, in words such as ``process 4711``; None where that cannot be told."""
        found = self._read(name)
        if found is None:
            return None
        lease, _ = found
        return f"process {lease.process}" + ("" if lease.machine == socket.gethostname() else f" on {lease.machine}")

    def refuse_lost(self) -> None:
        """Refuse to go on without a name that this process held.

        Raises:
            DestinationError: naming it.
        """
        for name, lease in self._held.items():
            if not self._lasts(lease):
                raise DestinationError(
                    f"this process stood still for longer than its lease of {name!r} lasts ({self._seconds:.0f} s); "
                    "nothing more is done, run again with --resume"
                )

    def _below(self, place: str) -> tuple[str, ...]:
        return tuple(_name(document) for document in self._documents.list(f"{PLACE}/{place}"))

    def _take(self, name: str, token: str) -> bool:
        mine = self._new(token)
        if not self._documents.create(_document(name), _data(mine)):
            found = self._read(name)
            if found is None:
                return False
            lease, version = found
            if lease.expires > self._clock() and not lease.ended:
                return False
            if self._documents.replace(_document(name), _data(mine), version) is None:
                return False
        self._held[name] = mine
        return True

    def _renew(self, name: str) -> None:
        with suppress(RowmillError):
            found = self._read(name)
            if found is None or found[0].token != self._held[name].token:
                self._held[name] = Lease(**{**asdict(self._held[name]), "expires": 0.0})
                return
            later = Lease(**{**asdict(self._held[name]), "expires": self._clock() + self._seconds})
            if self._documents.replace(_document(name), _data(later), found[1]) is not None:
                self._held[name] = later

    def _release(self, name: str, token: str) -> None:
        mine = self._held.get(name)
        if mine is not None and mine.token == token:
            del self._held[name]
            # One that ran out may be another's by now.
            mine = mine if self._lasts(mine) else None
        else:
            # Where taking it was interrupted, it may be there.
            found = self._read(name)
            mine = found[0] if found is not None and found[0].token == token else None
        if mine is not None:
            self._documents.delete(_document(name))

    def _lasts(self, lease: Lease) -> bool:
        return lease.expires - self._clock() > _MARGIN * self._seconds

    def _new(self, token: str) -> Lease:
        found = status(os.getpid())
        started = found.started if found else ""
        return Lease(os.getpid(), started, socket.gethostname(), token, self._clock() + self._seconds)

    def _read(self, name: str) -> tuple[Lease, str] | None:
        document = self._documents.read(_document(name))
        if document is None:
            return None
        try:
            return Lease(**json.loads(document.data)), document.version
        except (TypeError, ValueError):
            return Lease(0, "", "", "", 0.0), document.version


def _data(lease: Lease) -> bytes:
    return json.dumps(asdict(lease)).encode()


def _document(name: str) -> str:
    return f"{PLACE}/{name}{_SUFFIX}"


def _name(document: str) -> str:
    return document.removeprefix(f"{PLACE}/").removesuffix(_SUFFIX)
