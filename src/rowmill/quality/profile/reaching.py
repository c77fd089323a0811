"""What was asked of a destination of ours, and what its rows are: by the spec in the manifest, not by a domain."""

from __future__ import annotations

from collections.abc import Mapping

from rowmill.core.errors import RowmillError
from rowmill.domains.registry import domain
from rowmill.model.aims import HasAims
from rowmill.quality.profile.asking import OpenTable
from rowmill.quality.profile.facts import AimMet
from rowmill.run.books.forms import WHOLE
from rowmill.run.books.manifest import Manifest
from rowmill.run.books.rebuild import stored_spec


def reached(where: str, manifest: Manifest | None, tables: Mapping[str, OpenTable]) -> tuple[AimMet, ...]:
    """Return each number that the spec asks for and the rows tell; none where not all of the period is there.

    Args:
        where: what to call the destination.
        manifest: of it; None where no run of ours wrote what is there.
        tables: by name.
    """
    if manifest is None or [each.label for each in manifest.slices] != [WHOLE]:
        return ()
    try:
        family, spec = domain(manifest.domain), stored_spec(where, manifest.identity)
    except RowmillError:
        # Another version may have other fields; what lies there can be looked at all the same.
        return ()
    found = []
    for aim in family.aims(spec) if isinstance(family, HasAims) else ():
        asked = tables.get(aim.table)
        if asked is not None and set(aim.columns) <= set(asked.table.arrow.names):
            ((made,),) = asked.rows(f"SELECT {aim.measured} FROM {asked.relation}")
            number = None if made is None else float(made)
            found.append(AimMet(aim.what, aim.table, aim.asked, number, aim.form, aim.tolerance))
    return tuple(found)
