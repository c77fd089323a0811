"""What a command line is started with, and may lose: standard streams, signals, the notice that a child has ended."""

from __future__ import annotations

import gc
import io
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TextIO, cast

_ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Signals that ask a process to end, and end a command as Ctrl-C does."""
_INTERRUPTED = 130
_NEW_OBJECTS = 50_000
_SIGNALLED = 128


@contextmanager
def prepared() -> Iterator[Callable[[int], int]]:
    """Make the surroundings of a command what it counts on; what was there comes back at the end.

    Yields a function from the command's exit code to that of the process: 128 and the number of the signal that ended
    it, as a shell would say of a process that dies of one.
    """
    ended_by: list[int] = []
    with ExitStack() as stack:
        _open_streams(stack)
        _collect_rarely(stack)
        if threading.current_thread() is threading.main_thread():
            _handle_signals(stack, ended_by)
        yield lambda code: _SIGNALLED + ended_by[0] if ended_by and code == _INTERRUPTED else code


def _collect_rarely(stack: ExitStack) -> None:
    """Look for garbage after every so many new objects.

    What a command loads stays to its end, and by default is looked through time and again while it is loaded.
    """
    before = gc.get_threshold()
    if before[0]:
        stack.callback(gc.set_threshold, *before)
        gc.set_threshold(max(_NEW_OBJECTS, before[0]), *before[1:])


def _open_streams(stack: ExitStack) -> None:
    """Open what is closed of the standard streams, and let nothing depend on who reads them.

    Where a number below three is free, the next file that is opened gets it, and what anybody prints with it.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)  # noqa: FBT003 - takes no keyword
    for name, forgiven in (("stdout", BrokenPipeError), ("stderr", OSError)):
        before = getattr(sys, name)
        stream = before or stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - the stack closes it
        if isinstance(stream, io.TextIOWrapper):
            # Names of files may be no UTF-8, and terminals may have fewer letters.
            stream.reconfigure(errors="backslashreplace")
        stack.callback(setattr, sys, name, before)
        setattr(sys, name, cast(TextIO, _Unheard(stream, forgiven)))


class _Unheard:
    """A stream to a reader that may leave: what is written then goes nowhere, and the command goes on.

    For standard output that is a pipe's reader (``| head``); standard error may fail in any way, for no run ends
    because its reports find no room.
    """

    def __init__(self, stream: IO[str], forgiven: type[OSError]) -> None:
        self._stream = stream
        self._forgiven = forgiven

    def write(self, text: str) -> int:
        """Write text."""
        try:
            return self._stream.write(text)
        except self._forgiven:
            self._leave()
            return len(text)

    def flush(self) -> None:
        """Write what waits to be written."""
        try:
            self._stream.flush()
        except self._forgiven:
            self._leave()

    def _leave(self) -> None:
        # The interpreter flushes the stream once more at its end.
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _handle_signals(stack: ExitStack, ended_by: list[int]) -> None:
    """Let signals that ask for an end be an interruption, unless whoever started this process has said otherwise.

    A parent that ignores the ends of its children hands that down; a command wants to know how its own end.
    """

    def end(number: int, _: object) -> None:
        for each in handled:
            signal.signal(each, signal.SIG_IGN)
        ended_by.append(number)
        raise KeyboardInterrupt

    handled = [number for number in _ENDING if signal.getsignal(number) is signal.SIG_DFL]
    changes: list[tuple[signal.Signals, Any]] = [(number, end) for number in handled]
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:
        changes.append((signal.SIGCHLD, signal.SIG_DFL))
    for number, handler in changes:
        stack.callback(signal.signal, number, signal.signal(number, handler))
