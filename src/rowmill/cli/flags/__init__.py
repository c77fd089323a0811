"""Flags as data: one table for every run, and one file for each domain, named after it.

A domain without a file here has those of the usual flags that its spec has fields for.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.groups import ManyOption
from rowmill.core import units
from rowmill.core.errors import UsageError

if TYPE_CHECKING:
    from rowmill.api.config import ConfigDraft
    from rowmill.model.dataset import Dataset
    from rowmill.run.settings import RunSettings

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
    many: bool = False
    """Whether it takes several words; the text has them with ``ManyOption.BETWEEN`` between them."""
    required: bool = False

    @property
    def parameter(self) -> str:
        """Return the name under which click hands the text over."""
        return self.name.removeprefix("--").replace("-", "_")

    def option(self) -> click.Option:
        """Return the flag for click, text as typed: the section that owns the key validates it."""
        if self.metavar is None:
            return click.Option([self.name], is_flag=True, flag_value="true", type=str, default=None, help=self.help)
        kind = ManyOption if self.many else click.Option
        return kind([self.name], metavar=self.metavar, required=self.required, help=self.help)


def lay_flags(flags: tuple[Flag, ...], given: Mapping[str, str | None], draft: ConfigDraft) -> None:
    """Lay the flags that were given over a draft."""
    texts = {flag: given.get(flag.parameter) for flag in flags if flag.key is not None}
    draft.add_flags({flag.key or "": (flag.name, text) for flag, text in texts.items() if text is not None})


def _lay_nothing(given: Mapping[str, str | None], draft: ConfigDraft) -> Days:  # noqa: ARG001
    return None, None


@dataclass(frozen=True, slots=True)
class CommittedRun:
    """A committed run."""

    model: Dataset
    settings: RunSettings
    destination: str


def _do_nothing(given: Mapping[str, Any], written: CommittedRun) -> dict[str, Any]:  # noqa: ARG001
    return {}


@dataclass(frozen=True, slots=True)
class DomainFlags:
    """The flags of one domain, and what they ask for together."""

    flags: tuple[Flag, ...] = ()
    lay: Callable[[Mapping[str, str | None], ConfigDraft], Days] = _lay_nothing
    """Lay the flags over a draft and return the days of the slice."""
    writing: tuple[Flag, ...] = ()
    """Flags of ``generate`` alone."""
    after: Callable[[Mapping[str, Any], CommittedRun], Mapping[str, Any]] = _do_nothing
    """Do what the flags ask for once a run is committed, and return what the JSON says of it."""
    fitting: tuple[Flag, ...] = ()
    """Flags of ``fit``; none where the domain is not fitted to data. Their names are those of the fit's fields."""
    earlier: Mapping[str, str | None] = field(default_factory=dict)
    """Keys that configurations of earlier tools have, and what they are called here, both dotted; None for a switch
    that does not exist here and may only be off."""


_USUAL = (
    Flag("--rows", "data.rows", "N", "Rows of the main table."),
    Flag("--seed", "data.seed", "N", "Seed of every value; without it one is drawn, shown and stored."),
    Flag("--start", "data.start", "DATE", "First day of the period, UTC."),
    Flag("--end", "data.end", "DATE", "Last day of the period, UTC."),
    Flag("--date", None, "DATE", "Make the window of this day alone."),
)


def domain_flags(domain: str) -> DomainFlags:
    """Return the flags of a domain: ``FLAGS`` of the module here that bears its name."""
    name = f"{__name__}.{domain}"
    if find_spec(name) is None:
        return _usual_flags(domain)
    found: DomainFlags = import_module(name).FLAGS
    return found


def _usual_flags(domain: str) -> DomainFlags:
    """Return what every domain can be asked: its seed, one window, and what else its spec has a field for."""
    from rowmill.domains.registry import domain as find

    fields = find(domain).spec_type.model_fields
    flags = tuple(flag for flag in _USUAL if flag.key is None or flag.key.removeprefix("data.") in fields)

    def lay(given: Mapping[str, str | None], draft: ConfigDraft) -> Days:
        lay_flags(flags, given, draft)
        day = parse_day("--date", given.get("date"))
        return day, day

    return DomainFlags(flags, lay)


def words_of(text: str) -> list[str]:
    """Return the words of a flag that takes several, parted by blanks or commas when they were typed."""
    return [word.strip() for word in text.replace(ManyOption.BETWEEN, ",").split(",") if word.strip()]


def lay_presets(text: str, domain: str, draft: ConfigDraft) -> None:
    """Lay a domain's named groups of settings, parted by commas, over a draft.

    Raises:
        UsageError: if there is no group of a name.
    """
    from rowmill.api.keys import leaves
    from rowmill.api.presets import preset
    from rowmill.domains.registry import domain as find

    names = words_of(text)
    if not names:
        raise click.UsageError("--preset: got an empty text; give a value, or leave the flag out")
    for name in names:
        try:
            group = preset(find(domain), name)
        except UsageError as error:
            raise click.UsageError(f"--preset {name}: {str(error).partition(': ')[2]}") from None
        for key, value in leaves("data", group):
            laid = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            draft.add_flags({key: ("--preset", laid)})


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
