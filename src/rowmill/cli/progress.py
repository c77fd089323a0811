"""The progress bar: what is done, how fast it goes, how long it will take."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

    from rowmill.cli.reports import Reports

Move = Callable[[int, int], None]
_SECONDS = 5.0
"""Between two records of progress."""


@contextmanager
def progress_bar(*, shown: bool, unit: str = "rows") -> Iterator[Move | None]:
    """Yield a function of (done, total) that moves a bar on standard error; None where no terminal would show it.

    The bar starts when something is done: it has a thread, and worker processes start faster while there is none.
    """
    if not shown or not sys.stderr.isatty():
        yield None
        return
    bars: list[Progress] = []
    with ExitStack() as stack:

        def move(done: int, total: int) -> None:
            if not bars and done:
                bars.append(stack.enter_context(_bar(unit)))
                # What an earlier run left done is not speed of this one.
                bars[0].add_task("", completed=done, total=total)
            if bars:
                bars[0].update(bars[0].task_ids[0], completed=done, total=total)

        yield move


def progress_records(reports: Reports) -> Move:
    """Return a function of (done, total) that says now and then how far a run is."""
    said = monotonic()

    def move(done: int, total: int) -> None:
        nonlocal said
        if monotonic() >= said + _SECONDS:
            said = monotonic()
            reports.tell("progress", "", {"rows": done, "expected": total})

    return move


def _bar(unit: str) -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
    from rich.text import Text

    class Speed(ProgressColumn):
        """Units a second over the last moments."""

        def render(self, task: Task) -> Text:
            return Text(f"{task.speed or 0:,.0f} {unit}/s")

    return Progress(
        BarColumn(),
        TextColumn("{task.completed:,.0f} of {task.total:,.0f} " + unit),
        Speed(),
        TextColumn("·"),
        TimeRemainingColumn(compact=True),
        TextColumn("left"),
        console=Console(stderr=True),
        transient=True,
    )
