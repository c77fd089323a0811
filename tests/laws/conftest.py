"""What the laws share: datasets written plainly once, to compare other ways of writing them with."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from laws.contents import kept, land
from rowmill.model.dataset import Dataset
from rowmill.run.summary import Summary
from support.runs import registered


class Plain(NamedTuple):
    """A dataset, and where it lies as one worker writes it without settings."""

    dataset: Dataset
    out: Path
    summary: Summary


@pytest.fixture(autouse=True, scope="module")
def _shop_registered() -> Iterator[None]:
    with registered("shop"):
        yield


@pytest.fixture(scope="session")
def plainly(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Mapping[str, Any]], Plain]:
    """Return a function of (domain, fields) that writes a dataset when first asked for it."""
    made: dict[str, Plain] = {}

    def of(name: str, fields: Mapping[str, Any]) -> Plain:
        key = f"{name} {json.dumps(fields, sort_keys=True)}"
        if key not in made:
            out, dataset = tmp_path_factory.mktemp("plain"), kept(name, fields)
            made[key] = Plain(dataset, out, land(dataset, out))
        return made[key]

    return of
