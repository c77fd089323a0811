"""Settings of a language model that a domain may ask once, before anything is made. They are no part of a spec."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rowmill.model.spec import Section


class LlmSettings(Section):
    """Where a language model answers, what it is asked, and the most that asking may take.

    The key never stands here: it is read from the environment, ROWMILL_LLM_API_KEY or else OPENAI_API_KEY.
    """

    endpoint: str | None = None
    """Address of an OpenAI-compatible endpoint, such as https://host/v1; /chat/completions is added."""
    model: str | None = Field(default=None, min_length=1, max_length=200)
    """Name of the model, as the endpoint knows it."""
    mode: Literal["parameters", "rows"] = "parameters"
    """Ask once for parameters, which scale to any size; or for rows of a few entities, which are then resampled."""
    prompt: str = Field(default="", max_length=20_000)
    """What the data is about, in your own words; of a trial: disease, population, treatment."""
    rows: int = Field(default=200, ge=1, le=2000)
    """Rows to ask for in the mode rows, in all."""
    max_requests: int = Field(default=20, ge=1, le=10_000)
    """Most requests that go out, with those that are sent again."""
    max_tokens: int = Field(default=100_000, ge=1, le=1_000_000_000)
    """Most tokens, asked and answered, over all requests."""
    max_cost: float | None = Field(default=None, gt=0, le=1_000_000)
    """Most money over all requests, in the currency of the prices; needs both prices."""
    max_seconds: float = Field(default=300.0, gt=0, le=86_400)
    """Most seconds from the first request to the last answer, with pauses."""
    price_input: float | None = Field(default=None, ge=0, le=1_000_000)
    """Price of a million tokens asked."""
    price_output: float | None = Field(default=None, ge=0, le=1_000_000)
    """Price of a million tokens answered."""
    timeout_seconds: float = Field(default=120.0, gt=0, le=3600)
    """Longest wait for one answer."""
    retry_seconds: float = Field(default=2.0, ge=0, le=60)
    """First pause before a request is sent again, where the endpoint names none; it doubles each time."""
    cache: str | None = None
    """Folder of answers, so that a question is paid once; unset means the user's cache folder, none keeps nothing."""
    allow_real_rows: bool = False
    """Whether rows of a file of yours, such as a pilot, may be sent to the endpoint as examples."""
