"""The method llm: a language model is asked once, before anything is made; the engine makes the rows.

A reader's path: ``proposal`` (what the domain calls) → ``prompt``, ``examples`` (what is asked) → ``blueprint``,
``rows`` (what is made of an answer). ``rowmill.llm`` does the asking.
"""
