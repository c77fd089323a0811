"""A language model that a domain may ask once, before anything is made: whatever is asked, by whichever domain.

A reader's path: ``completing`` (what a domain that asks promises) → ``settings`` (where to ask, and what it may take) →
``asking`` (until there is a usable answer) → ``request``, ``client`` (one request over HTTP), ``budget``, ``cache``
(paid once) → ``answers`` (the JSON of an answer).
"""
