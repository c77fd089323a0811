"""What stands at a destination: its head, and the runs that were begun there. Nothing here writes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from rowmill.core.errors import IntegrityError
from rowmill.run.books import first_form, forms
from rowmill.run.books.forms import WHOLE
from rowmill.run.books.head import DROPPED, HEAD, Head, Listed, in_order
from rowmill.run.books.manifests import Damaged, read_all
from rowmill.run.books.records import Identity
from rowmill.run.books.run import Run, plan_name
from rowmill.sinks.base import Destination


@dataclass(frozen=True, slots=True)
class Found:
    """The committed slices and unfinished runs of a destination."""

    head: Head = field(default_factory=Head)
    version: str | None = None
    """Of the head; None where there is none yet."""
    shown: str = ""
    """What to call the destination."""
    unfinished: tuple[Run, ...] = ()
    damaged: tuple[Damaged, ...] = ()
    """Committed slices of which nothing can be said: the head was made from manifests, and theirs could not be used."""
    unread: tuple[Damaged, ...] = ()
    """Unfinished runs whose plans cannot be used."""

    @property
    def slices(self) -> tuple[Listed, ...]:
        """Return the committed slices in the order of their windows."""
        return self.head.slices

    @property
    def identity(self) -> Identity | None:
        """Return what all committed slices share."""
        return self.head.identity

    @property
    def unplanned(self) -> bool:
        """Return whether a run is begun whose plan is not there: its process is about to write it, or was killed."""
        planned = {run.label for run in self.unfinished} | {each.label for each in self.unread}
        return any(name != DROPPED and label not in planned for label, name in self.head.begun.items())

    def slice(self, label: str) -> Listed | None:
        """Return a committed slice by its label."""
        return next((each for each in self.slices if each.label == label), None)

    def is_begun(self, run: Run) -> bool:
        """Return whether a run is the one that was begun for its slice: who commits or drops it takes it out."""
        return self.head.begun.get(run.label) == run.stage.run

    def refuse_damage(self) -> None:
        """Raise IntegrityError where a manifest or a plan cannot be used."""
        for each in (*self.damaged, *self.unread):
            raise IntegrityError(each.message)

    def damage_in_the_way(self, wanted: Run) -> tuple[Damaged, ...]:
        """Return the damaged slices that a run takes the place of, as far as labels tell."""
        return tuple(each for each in self.damaged if touches(each.label, wanted))

    def conflicts(self, wanted: Run) -> tuple[Listed, ...]:
        """Return the committed slices that cannot stand beside a run."""
        alike = self.identity == wanted.identity
        return tuple(e for e in self.slices if not (alike and apart(wanted.windows, e.windows)))

    def in_the_way(self, wanted: Run) -> tuple[Run, ...]:
        """Return the unfinished runs that cannot stand beside a run."""
        return tuple(run for run in self.unfinished if run.label != wanted.label and not beside(wanted, run))

    def remaining(self, wanted: Run) -> tuple[Listed, ...]:
        """Return the committed slices that stay when a run is committed."""
        gone = {each.label for each in self.conflicts(wanted)}
        return tuple(each for each in self.slices if each.label not in gone)


def survey(target: Destination) -> Found:
    """Return what stands at a destination.

    Raises:
        IntegrityError: if the head cannot be used.
    """
    head, version, damaged = _head(target)
    unfinished, unread = [], []
    for label, name in head.begun.items():
        document = target.documents.read(plan_name(label, name)) if name else None
        if document is not None:
            try:
                unfinished.append(Run.from_json(document.data, target.location, label))
            except forms.BadForm as error:
                where = f"{target.shown}: {plan_name(label, name)}"
                unread.append(
                    Damaged(label, f"{where}: is damaged ({error}); drop the unfinished run with --overwrite")
                )
        elif not name:
            unread.append(
                Damaged(
                    label,
                    f"{target.shown}: holds a run of slice {label} that an earlier rowmill began and did not finish; "
                    "finish it with that one, or drop it with --overwrite",
                )
            )
    return Found(head, version, target.shown, tuple(unfinished), damaged, tuple(unread))


def is_begun(target: Destination, run: Run) -> bool:
    """Return whether a run is the one that was begun for its slice, by the head alone."""
    return Found(_head(target)[0]).is_begun(run)


def _head(target: Destination) -> tuple[Head, str | None, tuple[Damaged, ...]]:
    document = target.documents.read(HEAD)
    if document is None:
        head, damaged = first_form.head_of_manifests(target)
        return head, None, damaged
    try:
        head = Head.from_json(document.data)
    except forms.NewerForm as error:
        raise IntegrityError(f"{target.shown}: {HEAD}: {error}") from None
    except forms.BadForm as error:
        raise IntegrityError(
            f"{target.shown}: {HEAD}: is damaged ({error}); restore it from a copy, or remove it: it is made again "
            "from the manifests of the slices"
        ) from None
    if not head.unread:
        return head, document.version, ()
    found, damaged = read_all(target, head.unread, head.identity)
    known = {each.label for each in head.slices}
    more = [each for each, _ in found if each.label not in known]
    return replace(head, slices=in_order((*head.slices, *more))), document.version, damaged


def changed(target: Destination, found: Found, head: Head) -> Found | None:
    """Write the head; return what stands there then, None where others changed it since it was read."""
    version = target.documents.replace(HEAD, head.to_document(), found.version or "")
    return None if version is None else replace(found, head=head, version=version)


def apart(one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Return whether two spans share no window."""
    return one[1] <= other[0] or other[1] <= one[0]


def beside(one: Run, other: Run) -> bool:
    """Return whether two runs can stand in one destination."""
    return one.identity == other.identity and apart(one.windows, other.windows)


def touches(label: str, wanted: Run) -> bool:
    """Return whether a slice of a label shares days with a run."""
    if WHOLE in (label, wanted.label):
        return True
    first, _, last = label.partition("_")
    size = len(first)
    return first <= wanted.dates[1][:size] and (last or first) >= wanted.dates[0][:size]
