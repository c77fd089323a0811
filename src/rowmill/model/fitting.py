"""Fitting: a model of aggregates from a user's real data, and what there is to tell about it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from rowmill.model.spec import Section


@dataclass(frozen=True, slots=True)
class Report:
    """What a fit used, what it left out and what it found."""

    facts: Mapping[str, Any]
    """As plain data."""
    text: str
    """For people, a line for each thing."""

    def to_json(self) -> str:
        """Return the facts as one JSON object."""
        return json.dumps(self.facts, ensure_ascii=False)

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, repr=False)
class Fitted:
    """A fitted model and its report."""

    model: Section
    """The model as the domain's spec takes it: aggregates, never a row."""
    text: str
    """The model as the JSON of a model file."""
    report: Report

    def __repr__(self) -> str:
        return f"<Fitted: a {type(self.model).__name__} of {len(self.text):,} characters; its report says what it is>"


@runtime_checkable
class Fits(Protocol):
    """A domain that can be fitted to real data."""

    @property
    def fit_type(self) -> type[Section]:
        """Return the model of what a fit is asked for: files, and how they are read."""

    @property
    def fit_inputs(self) -> tuple[str, ...]:
        """Return the fields of it that are paths of files."""

    def fit(self, asked: Section) -> Fitted:
        """Return a model fitted to the files.

        Args:
            asked: what is asked for, of the type above, with absolute paths.

        Raises:
            UsageError: if a file cannot be read.
            SpecError: if it cannot be used: naming what was received, the rule and the way out.
        """
