"""Worker processes on this machine.

A worker is a fork of this process where that is safe (Linux, no thread that may hold a lock): it starts in milliseconds
and shares the pages of everything loaded. Elsewhere it is a fresh interpreter that builds the dataset from the job.
Either way driver and worker speak over one socket, and each sees the end of the other as the end of its messages.
"""

from __future__ import annotations

import logging
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any, Literal, NoReturn

from rowmill.core import errors
from rowmill.core.beats import is_forkable
from rowmill.core.errors import RowmillError
from rowmill.core.logs import log
from rowmill.core.processes import Cost
from rowmill.model.dataset import Dataset
from rowmill.model.part import Part, next_part
from rowmill.run.events import Receipt, Rows, Step
from rowmill.run.making.clock import timed
from rowmill.run.making.job import Job
from rowmill.run.making.memory import keep_freed_memory, peak_bytes
from rowmill.run.making.part import make_part
from rowmill.run.making.relay import hear, level_here, relay_records
from rowmill.run.making.watch import Watch
from rowmill.sinks.registry import require_everywhere

_log = log(__name__)
_SHOWN_WHERE = "ROWMILL_TRACEBACK=1 with --workers 1 shows where"

Start = Literal["fork", "spawn"]
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_HELD_BACK = (*_ENDING, signal.SIGCONT)
"""While a worker starts: Linux loses a SIGCONT for a child that is being forked, whose parent is stopped and continued
meanwhile, unless it is blocked; the child would stay stopped for ever."""
_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.002


def safe_start() -> Start:
    """Return how workers can start here: a lock that another Python thread holds would stay locked in a fork."""
    return "fork" if sys.platform == "linux" and is_forkable() else "spawn"


@dataclass(slots=True)
class _Worker:
    process: int
    link: Connection
    part: Part | None = None
    gone: bool = False
    """True once the system has been told that its end was noticed: the number may then belong to another process."""


class Pool:
    """A fixed number of worker processes, each making one part at a time."""

    def __init__(self, workers: int, start: Start | None = None) -> None:
        self.workers = workers
        self._start = start

    def run(self, job: Job, dataset: Dataset, parts: Sequence[Part]) -> Generator[Step, None, None]:
        """Make parts, the first ones first; receipts come as parts finish."""
        start = safe_start() if self._start is None else self._start
        if start == "spawn":
            require_everywhere(job.location)
        crew: list[_Worker] = []
        watch = Watch()
        try:
            for _ in range(min(self.workers, len(parts))):
                crew.append(_forked(job, dataset, crew) if start == "fork" else _spawned(job))
            spent = yield from timed(_made(crew, parts, watch))
            sharing = len(crew) + 1 if start == "fork" else 1
            yield Cost(peak_bytes(sharing), spent)
            for worker in crew:
                worker.link.send(sharing)
            for worker in crew:
                yield _last_step(worker, watch)
        finally:
            _stop(crew)


def _made(crew: Sequence[_Worker], parts: Sequence[Part], watch: Watch) -> Generator[Step, None, None]:
    """Hand out the parts until all are made; pass on what the workers tell."""
    waiting = list(reversed(parts))
    for worker in crew:
        _assign(worker, waiting, crew)
    while busy := [worker for worker in crew if worker.part]:
        ready = wait([worker.link for worker in busy], watch.seconds)
        watch.look([worker.process for worker in busy])
        for worker in (w for w in crew if w.link in ready):
            step = _step(worker)
            if isinstance(step, Receipt):
                _assign(worker, waiting, crew)
            if step is not None:
                yield step


def _last_step(worker: _Worker, watch: Watch) -> Step:
    """Return what a worker says that has made all its parts."""
    step = None
    while step is None:
        while not worker.link.poll(watch.seconds):
            watch.look([worker.process])
        step = _step(worker)
    return step


def serve(link: Connection, job: Job, dataset: Dataset) -> None:
    """Make the parts that the driver names, until it is gone or asks what they cost, of so many that share pages."""
    keep_freed_memory()
    with suppress(EOFError, BrokenPipeError, ConnectionResetError):
        while isinstance(named := link.recv(), dict):
            try:
                with closing(make_part(job, dataset, Part(**named))) as events:
                    for event in events:
                        link.send(event)
            except RowmillError as error:
                link.send((type(error).__name__, str(error)))
            except (BrokenPipeError, ConnectionResetError):
                raise
            except Exception as error:
                _log.debug("part_failed", part=Part(**named).name, traceback=traceback.format_exc())
                told = f"{Part(**named).name}: unexpected {type(error).__name__}: {error}; {_SHOWN_WHERE}"
                link.send((RowmillError.__name__, told))
        link.send(Cost(peak_bytes(named), time.process_time()))


def _assign(worker: _Worker, waiting: list[Part], crew: Sequence[_Worker]) -> None:
    elsewhere = [other.part for other in crew if other is not worker and other.part is not None]
    worker.part = next_part(waiting, worker.part, elsewhere) if waiting else None
    if worker.part is not None:
        with suppress(BrokenPipeError, ConnectionResetError):
            worker.link.send(worker.part.to_json())


def _step(worker: _Worker) -> Step | None:
    """Return what a worker tells; None of a log record, which is handed on."""
    doing = f"making {worker.part.name}" if worker.part else "ending"
    try:
        message: Any = worker.link.recv()
    except (EOFError, ConnectionResetError):
        raise RowmillError(
            f"a worker died ({_cause(worker)}) while {doing}; finished parts are kept, run again with --resume"
        ) from None
    if isinstance(message, Rows | Receipt | Cost):
        return message
    if isinstance(message, logging.LogRecord):
        hear(message)
        return None
    kind, text = message
    raise getattr(errors, kind, RowmillError)(text)


def _cause(worker: _Worker) -> str:
    try:
        _, status, usage = os.wait4(worker.process, 0)
    except ChildProcessError:
        # Somebody else in this process waits for all children, or wants to hear of none.
        return "how is not known"
    finally:
        worker.gone = True
    code = os.waitstatus_to_exitcode(status)
    limit = resource.getrlimit(resource.RLIMIT_CPU)[1]
    if code == -signal.SIGXCPU or 0 <= limit - 1 <= usage.ru_utime + usage.ru_stime:
        return "its limit on CPU time is used up; raise it with ulimit -t"
    if code == -signal.SIGKILL:
        return "killed, perhaps for want of memory"
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _forked(job: Job, dataset: Dataset, crew: Sequence[_Worker]) -> _Worker:
    ours, theirs = _pair()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            # None where it was closed before this process began.
            _ = stream and stream.flush()
    with warnings.catch_warnings(), _undisturbed():
        warnings.simplefilter("ignore", DeprecationWarning)
        process = os.fork()
        if process == 0:
            _child(ours, theirs, [worker.link for worker in crew], job, dataset)
    theirs.close()
    return _Worker(process, ours)


def _child(ours: Connection, theirs: Connection, others: list[Connection], job: Job, dataset: Dataset) -> NoReturn:
    code = 1
    try:
        for link in (ours, *others):
            link.close()
        obey_the_driver_alone()
        relay_records(theirs, level_here())
        serve(theirs, job, dataset)
        code = 0
    finally:
        os._exit(code)


def _spawned(job: Job) -> _Worker:
    ours, theirs = _pair()
    path = os.pathsep.join(entry for entry in sys.path if entry)
    handle = theirs.fileno()
    with _undisturbed():
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "rowmill.run.making.worker", str(handle)],
            pass_fds=[handle],
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": path},
        )
    theirs.close()
    process.returncode = 0
    ours.send((job, level_here()))
    return _Worker(process.pid, ours)


def obey_the_driver_alone() -> None:
    """Leave signals that ask for an end to the driver, which ends its workers in good order, and is their life."""
    for number in _ENDING:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _HELD_BACK)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Hold back signals that ask for an end while a worker starts, which inherits that until it can ignore them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD_BACK)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _pair() -> tuple[Connection, Connection]:
    ours, theirs = socket.socketpair()
    return Connection(ours.detach()), Connection(theirs.detach())


def _stop(crew: Sequence[_Worker]) -> None:
    """End all workers: one at work finds nobody to report to, drops its file and ends. None survives."""
    for worker in crew:
        worker.link.close()
    deadline = time.monotonic() + _GRACE_SECONDS
    for worker in (worker for worker in crew if not worker.gone):
        while not _has_ended(worker):
            if time.monotonic() > deadline:
                os.kill(worker.process, signal.SIGKILL)
            time.sleep(_POLL_SECONDS)


def _has_ended(worker: _Worker) -> bool:
    try:
        return os.waitpid(worker.process, os.WNOHANG)[0] != 0
    except ChildProcessError:
        # Its end was noticed elsewhere: SIGCHLD is ignored, or handled by one who waits for every child.
        return True
