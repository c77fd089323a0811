"""Flags as data: one table for every run, and one file for each domain, named after it.

A domain without a file here is set with ``--config`` and ``--set`` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

import click

from rowmill.core import units

if TYPE_CHECKING:
    from rowmill.api.config import Draft

Days = tuple[date | None, date | None]
"""First and last day to make, inclusive; None for the period's own."""


@dataclass(frozen=True, slots=True)
class Flag:
    """One option of a command that stands for a value of the configuration or of the slice."""

    name: str
    key: str | None
    """Dotted key that the text becomes, such as ``data.rows``; None where the domain's ``lay`` reads it."""
    metavar: str | None
    """Word for the value in the help; None for a switch."""
    help: str

    @property
    def parameter(self) -> str:
        """Return the name under which click hands the text over."""
        return self.name.removeprefix("--").replace("-", "_")

    def option(self) -> click.Option:
        """Return the flag for click, text as typed: the section that owns the key validates it."""
        if self.metavar is None:
            return click.Option([self.name], is_flag=True, flag_value="true", type=str, default=None, help=self.help)
        return click.Option([self.name], metavar=self.metavar, help=self.help)


def lay_flags(flags: tuple[Flag, ...], given: Mapping[str, str | None], draft: Draft) -> None:
    """Lay the flags that were given over a draft."""
    texts = {flag: given.get(flag.parameter) for flag in flags if flag.key is not None}
    draft.add_flags({flag.key or "": (flag.name, text) for flag, text in texts.items() if text is not None})


def _lay_nothing(given: Mapping[str, str | None], draft: Draft) -> Days:  # noqa: ARG001
    return None, None


@dataclass(frozen=True, slots=True)
class DomainFlags:
    """The flags of one domain, and what they ask for together."""

    flags: tuple[Flag, ...] = ()
    lay: Callable[[Mapping[str, str | None], Draft], Days] = _lay_nothing
    """Lay the flags over a draft and return the days of the slice."""


def domain_flags(domain: str) -> DomainFlags:
    """Return the flags of a domain: ``FLAGS`` of the module here that bears its name."""
    name = f"{__name__}.{domain}"
    if find_spec(name) is None:
        return DomainFlags()
    found: DomainFlags = import_module(name).FLAGS
    return found


def parse_day(flag: str, text: str | None) -> date | None:
    """Return the day that a flag was given, None where it was not.

    Raises:
        click.UsageError: if the text is no date.
    """
    if text is None:
        return None
    try:
        return units.parse_day(text)
    except ValueError as error:
        raise click.UsageError(f"{flag}: got {text!r}; {error}") from None
