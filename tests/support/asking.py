"""What the tests of asking share: a server on the loopback, a key that must show up nowhere, a cache of their own."""

from __future__ import annotations

import logging

import pytest

from support.chat import chat_server

KEY = "sk-canary-7f3a91c05be2"


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
