"""The flags of a method that asks a language model, for the domains that have one."""

from __future__ import annotations

from rowmill.cli.flags import Flag

LLM_FLAGS: tuple[Flag, ...] = (
    Flag("--endpoint", "run.llm.endpoint", "URL", "OpenAI-compatible endpoint; its key is ROWMILL_LLM_API_KEY."),
    Flag("--llm-model", "run.llm.model", "NAME", "Language model, as the endpoint knows it."),
    Flag(
        "--llm-mode", "run.llm.mode", "parameters|rows", "Ask once for parameters, or for a few subjects to resample."
    ),
    Flag("--prompt", "run.llm.prompt", "TEXT", "What the trial is about: disease, population, treatment."),
    Flag("--llm-rows", "run.llm.rows", "N", "Rows to ask for in the mode rows, 2000 at most [200]."),
    Flag("--max-requests", "run.llm.max_requests", "N", "Most requests that go out, with repeated ones [20]."),
    Flag("--max-tokens", "run.llm.max_tokens", "N", "Most tokens, asked and answered [100_000]."),
    Flag("--max-cost", "run.llm.max_cost", "MONEY", "Most money; needs both prices."),
    Flag("--max-seconds", "run.llm.max_seconds", "S", "Most seconds of asking, with pauses [300]."),
    Flag("--price-input", "run.llm.price_input", "MONEY", "Price of a million tokens asked."),
    Flag("--price-output", "run.llm.price_output", "MONEY", "Price of a million tokens answered."),
    Flag("--llm-cache", "run.llm.cache", "DIR|none", "Folder of known answers; without it the user's cache folder."),
    Flag("--allow-real-rows", "run.llm.allow_real_rows", None, "Send a few subjects of the pilot as examples."),
)
