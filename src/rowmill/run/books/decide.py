"""What a new run may do at a destination, by what stands there. Decisions are pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from rowmill.core.errors import DestinationError
from rowmill.run.books.head import Listed
from rowmill.run.books.records import Entry, Identity, shallow
from rowmill.run.books.run import Run, same_slice
from rowmill.run.books.survey import Found, apart
from rowmill.run.request import Mode

Action = Literal["skip", "start", "continue"]


def decide(found: Found, wanted: Run, mode: Mode, *, shared: bool) -> Action:
    """Return what to do about a wanted run.

    Args:
        found: what stands at the destination.
        wanted: the run as asked for.
        mode: what the user allows.
        shared: True if several machines make the parts, so that a run under way may be joined.

    Raises:
        DestinationError: if the destination cannot take the run in this mode.
        IntegrityError: if records there are damaged, unless the run overwrites.
    """
    mine = find_unfinished(found, wanted)
    if mine is not None and (mode == "resume" or (shared and mine.job.layout == wanted.job.layout)):
        return "continue"
    if mine is not None and wanted.job.origin is not None and mine.stage == wanted.stage:
        # A copy of the same files to the same ones is the same run; a part that is there was proved.
        return "continue"
    if mode == "overwrite":
        return "start"
    found.refuse_damage()
    if find_done(found, wanted) is not None:
        return "skip"
    where = found.shown
    if found.slices:
        _refuse_other_spec((f"{where}: holds", ""), "use --overwrite", wanted, found.identity)
    for run in found.unfinished:
        alone = "" if found.slices else ", and nothing that was committed"
        what = f"{where}: holds an unfinished run of", alone
        _refuse_other_spec(what, "drop it with --overwrite", wanted, run.identity)
    if mine is not None:
        changes = "; ".join(_differences(shallow(mine.job.layout), shallow(wanted.job.layout)))
        look = f" in another layout ({changes})" if changes else ""
        how = f"{' as begun' if look else ''} with --resume" if wanted.job.origin is None else " as it was begun"
        raise DestinationError(
            f"{where}: holds an unfinished run of slice {mine.label}{look}; continue it{how}, "
            "or drop it with --overwrite"
        )
    _refuse_overlap(found, wanted)
    return "start"


def find_unfinished(found: Found, wanted: Run) -> Run | None:
    """Return the unfinished run that a wanted one would go on with."""
    return next((run for run in found.unfinished if same_slice(wanted, run)), None)


def find_done(found: Found, wanted: Run) -> Listed | None:
    """Return the committed slice that a wanted one would make again."""
    there = found.slice(wanted.label)
    same = there is not None and found.identity == wanted.identity and there.windows == wanted.windows
    return there if same else None


def refuse_other_layout(where: str, wanted: Run, there: Entry) -> None:
    """Refuse a slice that is there in another look.

    Raises:
        DestinationError: saying how it looks.
    """
    asked, stands = shallow(wanted.job.layout), shallow(there.layout)
    if wanted.job.origin is not None:
        # A copy is cut as its source is, whatever cut what stands there.
        asked |= {name: stands[name] for name in ("part_rows", "single_file")}
    if asked != stands:
        changes = "; ".join(_differences(stands, asked))
        raise DestinationError(
            f"{where}: holds the same rows in another layout ({changes}); use --overwrite or another folder"
        )


def _refuse_overlap(found: Found, wanted: Run) -> None:
    """Refuse days that others have, and say all that would go with them."""
    names = [f"slice {each.label}" for each in found.slices if not apart(wanted.windows, each.windows)]
    names += [f"the unfinished slice {run.label}" for run in found.in_the_way(wanted)]
    if names:
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        gone = "it" if len(names) == 1 else "them"
        raise DestinationError(
            f"{found.shown}: {wanted.label} overlaps {shown}; write other days, or use --overwrite, which drops every "
            f"day of {gone}"
        )


def _refuse_other_spec(what: tuple[str, str], drop: str, wanted: Run, identity: Identity | None) -> None:
    if identity is None or wanted.identity == identity:
        return
    there, here = ({**shallow(each), "folders": _folders(each)} for each in (identity, wanted.identity))
    for facts in (there, here):
        # These follow from the spec and the tables, which are named.
        for name in ("fingerprint", "main", "catalogs"):
            facts.pop(name)
    there, here = there | there.pop("spec"), here | here.pop("spec")
    changes = list(_differences(there, here))
    alike = (wanted.identity.domain, wanted.identity.fingerprint) == (identity.domain, identity.fingerprint)
    other = "the same spec, written otherwise" if alike else "another spec"
    shown = "; ".join(changes[:5]) + ("; …" if len(changes) > 5 else "")
    only_seed = len(changes) == 1 and there["seed"] != here["seed"]
    fix = f"give --seed {there['seed']} for the data there, or {drop}" if only_seed else drop
    raise DestinationError(f"{what[0]} {other}{what[1]} ({shown}); {fix} or use another folder")


def _folders(identity: Identity) -> dict[str, str]:
    return {table: identity.folder(table) for table in identity.tables}


def _differences(there: Mapping[str, Any], here: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for key in dict.fromkeys((*there, *here)):
        old, new = there.get(key), here.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            yield f"{prefix}{key} is {_short(old)} there, {_short(new)} here"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, default=list)
    return text if len(text) <= 40 else text[:37] + "…"
