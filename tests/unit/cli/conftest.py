"""What the tests of the commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import pytest

from rowmill.cli import main


class Answer(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


Rowmill = Callable[..., Answer]


@pytest.fixture
def rowmill(capsys: pytest.CaptureFixture[str]) -> Rowmill:
    """Return a function that runs a command line, given as one text, in this process."""

    def run(line: str, *more: object) -> Answer:
        capsys.readouterr()
        code = main([*line.split(), *map(str, more)])
        return Answer(code, *capsys.readouterr())

    return run
