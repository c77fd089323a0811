"""The journal: one line for each finished part, durable before anybody counts on the part.

Journals, receipts and staged files carry the name of their run, so a receipt of another run never counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from rowmill.run.books.forms import WHOLE, BadForm, parse
from rowmill.run.events import Receipt
from rowmill.sinks.base import Sink, Stage, json_line

_STEM = "journal"


@dataclass(frozen=True, slots=True)
class Journal:
    """The journals of one stage: one of this machine, to be added to, and those of others."""

    sink: Sink
    stage: Stage
    share: tuple[int, int] | None
    """(i, n) of this machine; None where it makes all parts."""

    @property
    def name(self) -> str:
        """Return the document that this machine writes."""
        suffix = "" if self.share is None else f"-{self.share[0]}of{self.share[1]}"
        return document(self.stage.slice, f"{_STEM}-{self.stage.run}{suffix}.jsonl")

    def add(self, receipt: Receipt) -> None:
        """Write down a finished part."""
        self.sink.store.append(self.name, json_line(receipt.to_json()))

    def own(self) -> dict[str, Receipt]:
        """Return the parts that this machine need not make, by name: of its share, or all where it makes all parts."""
        return self.all() if self.share is None else self._finished([self.name])

    def all(self) -> dict[str, Receipt]:
        """Return the parts that any machine finished, by name, if their files still wait to be published."""
        return self._finished(journal_names(self.sink, self.stage.slice, self.stage.run))

    def drop(self) -> None:
        """Remove the journal of this machine, and what its run staged."""
        self.sink.store.delete(self.name)
        self.sink.drop(self.stage)

    def _finished(self, names: list[str]) -> dict[str, Receipt]:
        found = [receipt for name in names for receipt in _receipts(self.sink.store.read(name) or b"")]
        whole = (receipt for receipt in found if receipt.consistent and receipt.run == self.stage.run)
        return {r.part: r for r in whole if all(self.sink.staged(self.stage, f.path) == f.bytes for f in r.files)}


def stage_of(label: str) -> str:
    """Return the stage in which a slice is written: the top one for the whole period, else one of its own."""
    return "" if label == WHOLE else label


def document(stage: str, name: str) -> str:
    """Return the name of a stage's document in the store."""
    return f"{stage}/{name}" if stage else name


def journal_names(sink: Sink, stage: str, run: str | None = None) -> list[str]:
    """Return the names of the journals of a slice, those of one run where it is named."""
    prefix = document(stage, _STEM if run is None else f"{_STEM}-{run}")
    return [n for n in sink.store.list() if n.startswith(prefix) and n.endswith(".jsonl")]


def _receipts(data: bytes) -> list[Receipt]:
    """Return the receipts of whole lines: a crash can tear the last one, and what is no receipt counts for nothing."""
    found = []
    for line in data.splitlines(keepends=True):
        try:
            if line.endswith(b"\n"):
                found.append(parse(Receipt, line, headed=False))
        except BadForm:
            continue
    return found
