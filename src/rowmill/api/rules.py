"""The rules of a domain, whatever was made of it."""

from __future__ import annotations

from rowmill.domains.registry import domain
from rowmill.model.rules import HasRules
from rowmill.quality.rules.book import RuleBook
from rowmill.quality.rules.compiling import book_of


def domain_rules(name: str) -> RuleBook:
    """Return the rules that a dataset of a domain keeps where nothing else is set.

    Raises:
        UsageError: if there is no such domain.
    """
    found = domain(name)
    dataset = found.build(found.spec_type(seed=0))
    more = found.rules if isinstance(found, HasRules) else {}
    return book_of({table: each.schema for table, each in dataset.tables.items()}, more)
