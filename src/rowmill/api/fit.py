"""Fitting a domain's model to real data."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from rowmill.core.errors import UsageError
from rowmill.core.outputs import refuse_existing, refuse_inputs, write_whole
from rowmill.core.paths import local_path
from rowmill.domains.registry import domain, names_of
from rowmill.model.fitting import Fits, Fitted
from rowmill.model.spec import validate


def fit(name: str, /, *, out: str | Path | None = None, overwrite: bool = False, **fields: Any) -> Fitted:
    """Return a model fitted to real data, with a report: aggregates, never a row of anybody.

    Args:
        name: the domain, for example ``vitals``.
        out: file to write the model to, JSON; None for none.
        overwrite: whether another file there is replaced.
        fields: files and how they are read, as the flags of ``rowmill fit`` call them: for vitals ``pilot``,
            ``demographics``, ``arms``, ``visits``, ``position``, ``timepoint``, ``duplicates`` and ``source``.

    Raises:
        UsageError: if the domain is fitted to no data, or a file cannot be read or written.
        SpecError: if a field is unknown or breaks a rule, or the data cannot be used.
    """
    family = domain(name)
    if not isinstance(family, Fits):
        raise UsageError(f"{name}: is not fitted to data; {names_of(Fits)} is")
    texts = {key: os.fspath(value) if isinstance(value, Path) else value for key, value in fields.items()}
    asked = validate(family.fit_type, texts, "fit")
    given = {key: path for key in family.fit_inputs if (path := getattr(asked, key)) is not None}
    inputs = {key: local_path(path, key) for key, path in given.items()}
    target = None if out is None else Path(local_path(out, "out"))
    if target is not None:
        if not target.parent.is_dir():
            raise UsageError(f"out {out}: no folder {target.parent}; make it first")
        refuse_inputs("out", target, inputs)
    found = family.fit(asked.model_copy(update=inputs))
    if target is not None:
        refuse_existing("out", target, found.text.encode(), overwrite=overwrite)
        write_whole("out", target, found.text)
    return found
