"""The method llm: a language model is asked once, before anything is made; the engine makes the rows.

A reader's path: ``proposal`` (what the domain calls) → ``prompt`` (what is asked) → ``asking`` (until there is a usable
answer) → ``request``, ``client`` (one request over HTTP), ``budget`` (what it may take), ``cache`` (paid once) →
``answers``, ``blueprint``, ``rows`` (what is made of an answer).
"""
