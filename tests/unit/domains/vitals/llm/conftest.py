"""The command that asks the server on the loopback."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from rowmill.cli import main
from support.asking import chat, environment, quiet

__all__ = ["chat", "environment", "quiet"]


class Answer(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


@pytest.fixture
def generate(chat, capsys, tmp_path):
    """Return a function that runs the command against the server, into ``tmp_path / "out"``."""

    def run(*more, size="30", out="out", without=None):
        flags = {
            "--method": "llm",
            "--endpoint": chat.url,
            "--llm-model": "model-x",
            "--subjects-per-arm": size,
            "--seed": "42",
            "--workers": "1",
            "--set": "run.llm.retry_seconds=0.01",
            "--out": str(tmp_path / out),
        }
        words = [word for flag, text in flags.items() if flag != without for word in (flag, text)]
        capsys.readouterr()
        code = main(["generate", "vitals", *words, *map(str, more)])
        return Answer(code, *capsys.readouterr())

    return run
