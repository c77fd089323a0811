"""Copying what is committed at one destination to another."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rowmill.api.keys import set_keys
from rowmill.api.notes import told_of_run
from rowmill.core.errors import UsageError
from rowmill.model.spec import validate
from rowmill.run.copying import SETTINGS, CopySource, CopySummary, opened
from rowmill.run.copying import copy as carry_over
from rowmill.run.settings import RunSettings
from rowmill.sinks.registry import is_remote, placed

if TYPE_CHECKING:
    from rowmill.run.request import Share
    from rowmill.run.runner import Progress


def copy(
    source: str | Path | CopySource,
    out: str | Path,
    *,
    settings: RunSettings | Mapping[str, Any] | None = None,
    overwrite: bool = False,
    share: Share | None = None,
    progress: Progress | None = None,
) -> CopySummary:
    """Copy what is committed at one destination to another, whatever the files of either look like.

    Rows are read, not made. Their digests are computed from what was read, and must be those that the source recorded.
    Each slice is there whole, or nothing of it is. A slice that stands there before is not written again; a copy that
    was broken off goes on when it is asked for again.

    Args:
        source: where the data lies; or a ``CopySource``, which names some of its slices, or what it takes to read it.
        out: where it is to lie too.
        settings: how files look there, and who writes them, as for ``write``: those that ``copying.SETTINGS`` names.
        overwrite: whether to replace what stands in the way.
        share: (i, n) for the i-th of n shares of the files, which one machine of several copies; nothing is to be seen
            of them until a copy without a share is asked for.
        progress: called with (rows of the main table done, rows of all slices).

    Raises:
        UsageError: if something asked for does not exist, both are one place, a file of the user's is missing, or the
            data was made by another version of its domain.
        DestinationError: if nothing is committed at the source, or ``out`` cannot take it.
        IntegrityError: if files or records of the source are damaged; nothing of that slice comes to ``out``.
        DiskError: if ``out`` stopped taking bytes.
    """
    given = settings if isinstance(settings, RunSettings) else validate(RunSettings, settings or {}, "run")
    for name in sorted(given.model_fields_set - set(SETTINGS)):
        if getattr(given, name) != RunSettings.model_fields[name].get_default(call_default_factory=True):
            raise UsageError(f"run.{name}: a copy cannot be told this; it takes {', '.join(SETTINGS)}")
    run = given.model_copy(update={"out": os.fspath(out)}).placed()
    found = opened(source if isinstance(source, CopySource) else CopySource(source))
    asked = run.model_copy(update={"tables": found.entries[0].identity.tables})
    given_keys = set_keys(RunSettings, dict(run), "run")
    if is_remote(placed(found.location)):
        given_keys = {key: where for key, where in given_keys.items() if not key.startswith("run.remote")}
    notes = told_of_run(replace(found.dataset, notes=()), asked, given_keys).notes
    done = carry_over(found, run, mode="overwrite" if overwrite else "new", share=share, progress=progress)
    return replace(done, notes=notes)
