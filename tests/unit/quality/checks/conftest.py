"""A small destination of each domain, written once, and copies of it to harm."""

from __future__ import annotations

import shutil

import pytest

import rowmill
from support.planted import SETTINGS, SPECS


@pytest.fixture(scope="session")
def written(tmp_path_factory):
    """Return where a small dataset of each domain lies."""
    base = tmp_path_factory.mktemp("written")
    for domain, spec in SPECS.items():
        rowmill.dataset(domain, **spec).write(base / domain, settings=SETTINGS.get(domain))
    return base


@pytest.fixture
def copied(written, tmp_path):
    """Return a function that makes a copy of a domain's destination."""

    def copy(domain):
        place = tmp_path / "harmed"
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(written / domain, place)
        return place

    return copy
