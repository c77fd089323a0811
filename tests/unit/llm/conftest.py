"""An asker of the server on the loopback."""

from __future__ import annotations

import pytest

from rowmill.llm.asking import Asker
from rowmill.llm.budget import Budget
from rowmill.llm.cache import Cache
from rowmill.llm.client import Client, completions_url, read_key
from rowmill.llm.settings import LlmSettings
from support.asking import KEY, chat, environment, quiet

__all__ = ["chat", "environment", "quiet"]


@pytest.fixture
def asker(chat):
    """Return a function that makes an asker with some settings and no cache."""

    def make(**settings):
        given = LlmSettings.model_validate({"retry_seconds": 0.01, **settings})
        client = Client(completions_url(chat.url), read_key({"OPENAI_API_KEY": KEY}))
        return Asker(client, "model-x", Budget(given), Cache(None))

    return make
