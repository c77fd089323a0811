"""What the tests of asking share: a server on the loopback, a key that must show up nowhere, a cache of their own."""

from __future__ import annotations

import logging
from typing import NamedTuple

import pytest

from rowmill.cli import main
from rowmill.domains.vitals.llm.asking import Asker
from rowmill.domains.vitals.llm.budget import Budget
from rowmill.domains.vitals.llm.cache import Cache
from rowmill.domains.vitals.llm.client import Client, completions_url, read_key
from rowmill.model.llm import LlmSettings
from support.chat import chat_server

KEY = "sk-canary-7f3a91c05be2"


class Answer(NamedTuple):
    """What a command said."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def environment(monkeypatch, tmp_path):
    """Give every test the key, and a cache folder that nobody else knows."""
    monkeypatch.setenv("ROWMILL_LLM_API_KEY", KEY)
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(autouse=True)
def quiet():
    """Forget the log that another command of this process was asked for, and the one of this test."""
    logger = logging.getLogger("rowmill")
    before = logger.handlers, logger.level, logger.propagate
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)
    yield
    logger.handlers, level, logger.propagate = before
    logger.setLevel(level)


@pytest.fixture
def chat():
    """Return a server that answers well until it is told otherwise."""
    with chat_server() as found:
        yield found


@pytest.fixture
def asker(chat):
    """Return a function that makes an asker with some settings and no cache."""

    def make(**settings):
        given = LlmSettings.model_validate({"retry_seconds": 0.01, **settings})
        client = Client(completions_url(chat.url), read_key({"OPENAI_API_KEY": KEY}))
        return Asker(client, "model-x", Budget(given), Cache(None))

    return make


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
