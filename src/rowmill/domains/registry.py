"""The domains by name. Modules load when a domain is asked for, so that a command pays only for its own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from rowmill.core.errors import UsageError

if TYPE_CHECKING:
    from rowmill.model.dataset import Domain

DOMAINS: dict[str, str] = {
    "payments": "rowmill.domains.payments:DOMAIN",
    "vitals": "rowmill.domains.vitals:DOMAIN",
    "workforce": "rowmill.domains.workforce:DOMAIN",
}
RENAMED: dict[str, dict[str, str]] = {"payments": {"own": "inputs"}}
"""By domain, keys of specs that were stored under earlier names, and what they are called since."""


def domain(name: str) -> Domain:
    """Return a domain by name.

    Raises:
        UsageError: if there is none.
    """
    if name not in DOMAINS:
        raise UsageError(f"domain {name!r}: unknown; known: {', '.join(sorted(DOMAINS))}")
    module, _, attribute = DOMAINS[name].partition(":")
    return cast("Domain", getattr(import_module(module), attribute))


def names_of(kind: type) -> str:
    """Return the domains that keep a protocol, for a message."""
    return ", ".join(name for name in DOMAINS if isinstance(domain(name), kind))
