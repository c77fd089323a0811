"""The finished parts of a run: a part counts from the moment that its receipt lies at the destination.

Receipts and staged files carry the name of their run, so a receipt of another run never counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from rowmill.model.part import Part
from rowmill.run.books.forms import BadForm, parse
from rowmill.run.books.run import Run
from rowmill.run.events import Receipt
from rowmill.sinks.base import Destination, Stage

_NONE: Mapping[str, Receipt] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A run that was begun and is not committed."""

    slice: str
    """Label of the slice."""
    made: int
    """Parts that are sealed."""
    parts: int
    """Parts in all."""

    def __str__(self) -> str:
        return f"slice {self.slice} is unfinished: {self.made} of {self.parts} parts are made"


def unfinished(target: Destination, runs: Iterable[Run]) -> tuple[Unfinished, ...]:
    """Return how far the runs are that were begun at a destination."""
    return tuple(Unfinished(run.label, len(target.receipts.sealed(run.stage)), len(run.plan.parts)) for run in runs)


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of one run: those of this machine, and those of others."""

    target: Destination
    run: Run
    share: tuple[int, int] | None
    """(i, n) of this machine; None where it makes all parts."""
    fresh: bool = False
    """Whether this process began the run: nothing of its own was there then."""

    @property
    def stage(self) -> Stage:
        """Return where their files wait."""
        return self.run.stage

    @property
    def mine(self) -> tuple[Part, ...]:
        """Return the parts that this machine makes."""
        return self.run.plan.parts if self.share is None else self.run.plan.share(*self.share)

    def own(self) -> dict[str, Receipt]:
        """Return the parts that this machine need not make, by name."""
        found = self.finished()
        return {part.name: found[part.name] for part in self.mine if part.name in found}

    def finished(self, known: Mapping[str, Receipt] = _NONE, *, untouched: bool = False) -> dict[str, Receipt]:
        """Return the parts that any machine finished, by name, if their files still wait to be published.

        Args:
            known: receipts of this run that need not be read again.
            untouched: whether nobody changed the head since those were made.
        """
        whole_run = all(part.name in known for part in self.run.plan.parts)
        names = set(known) if whole_run else self.target.receipts.sealed(self.stage)
        read = self.target.receipts.read(self.stage, names - set(known))
        found = {part: known[part] for part in names & set(known)} | {p: _receipt(data) for p, data in read.items()}
        whole = {
            part: receipt
            for part, receipt in found.items()
            if receipt is not None and receipt.part == part and self._has(receipt)
        }
        files = [file for receipt in whole.values() for file in receipt.written]
        staged = self.target.staged(self.stage, files, untouched=untouched and whole_run)
        return {part: receipt for part, receipt in whole.items() if all(file.path in staged for file in receipt.files)}

    def _has(self, receipt: Receipt) -> bool:
        return receipt.run == self.stage.run and receipt.lies_in(self.run.identity.folder(receipt.table))

    def withdraw(self, parts: Iterable[str]) -> None:
        """Take back parts that are to be made: what lies there of them does not count."""
        for part in set(parts) & self.target.receipts.sealed(self.stage):
            self.target.receipts.withdraw(self.stage, part)

    def drop(self) -> None:
        """Remove what the run staged."""
        self.target.drop(self.stage)


def _receipt(data: bytes) -> Receipt | None:
    """Return a receipt; None for what is none, which counts for nothing."""
    try:
        return parse(Receipt, data, headed=False)
    except BadForm:
        return None
