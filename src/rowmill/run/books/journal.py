"""The finished parts of a run: a part counts from the moment that its receipt lies at the destination.

Receipts and staged files carry the name of their run, so a receipt of another run never counts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rowmill.plan import Plan
from rowmill.run.books.forms import WHOLE, BadForm, parse
from rowmill.run.events import Receipt
from rowmill.sinks.base import Destination, Stage


@dataclass(frozen=True, slots=True)
class Journal:
    """The parts of one stage that are finished."""

    target: Destination
    stage: Stage
    plan: Plan
    share: tuple[int, int] | None
    """(i, n) of this machine; None where it makes all parts."""

    def own(self) -> dict[str, Receipt]:
        """Return the parts that this machine need not make, by name."""
        found = self.all()
        mine = self.plan.parts if self.share is None else self.plan.share(*self.share)
        return {part.name: found[part.name] for part in mine if part.name in found}

    def all(self) -> dict[str, Receipt]:
        """Return the parts that any machine finished, by name, if their files still wait to be published."""
        found = {part: _receipt(data) for part, data in self.target.sealed(self.stage).items()}
        whole = {
            part: receipt
            for part, receipt in found.items()
            if receipt is not None and receipt.part == part and receipt.run == self.stage.run and receipt.consistent
        }
        staged = self.target.staged(self.stage, (file for receipt in whole.values() for file in receipt.written))
        return {part: receipt for part, receipt in whole.items() if all(file.path in staged for file in receipt.files)}

    def withdraw(self, parts: Iterable[str]) -> None:
        """Take back parts that are to be made: what lies there of them does not count."""
        for part in set(parts) & set(self.target.sealed(self.stage)):
            self.target.withdraw(self.stage, part)

    def drop(self) -> None:
        """Remove what the run staged."""
        self.target.drop(self.stage)


def stage_of(label: str) -> str:
    """Return the stage in which a slice is written: the top one for the whole period, else one of its own."""
    return "" if label == WHOLE else label


def document(stage: str, name: str) -> str:
    """Return the name of a stage's document."""
    return f"{stage}/{name}" if stage else name


def _receipt(data: bytes) -> Receipt | None:
    """Return a receipt; None for what is none, which counts for nothing."""
    try:
        return parse(Receipt, data, headed=False)
    except BadForm:
        return None
