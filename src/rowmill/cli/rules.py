"""``rowmill rules``: rules proposed, shown, and written for other tools."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from rowmill.cli.request import env_file_option
from rowmill.core.errors import UsageError

if TYPE_CHECKING:
    from rowmill.quality.rules.book import RuleBook

_OUT = click.option("--out", metavar="FILE", help="Write to this file, which must not be there yet.")


@click.group
def rules() -> None:
    """Propose, show and export the rules of data."""


@rules.command
@click.argument("path", metavar="PATH")
@_OUT
def init(path: str, *, out: str | None) -> None:
    """Propose rules for any table at PATH, by looking at its rows: read them, and correct what is chance."""
    from rowmill.quality.rules.proposing import proposed
    from rowmill.quality.rules.writing import rules_yaml
    from rowmill.quality.sources.finding import source

    _given(rules_yaml(proposed(source(path))), out)


@rules.command
@click.argument("what", metavar="DOMAIN|PATH")
@_OUT
def show(what: str, *, out: str | None) -> None:
    """Print the rules that are known of a domain, or of what lies at a path, as YAML."""
    from rowmill.quality.rules.writing import rules_yaml

    _given(rules_yaml(_known(what)), out)


@rules.command
def schema() -> None:
    """Print the JSON Schema of a file of rules."""
    from rowmill.quality.rules.writing import json_schema

    click.echo(json_schema(), nl=False)


for _command in (init, show):
    _command.params.append(env_file_option())


def _known(what: str) -> RuleBook:
    from rowmill.api.rules import domain_rules
    from rowmill.domains.registry import DOMAINS
    from rowmill.quality.checks.validating import known_rules
    from rowmill.quality.sources.finding import source

    if what in DOMAINS:
        return domain_rules(what)
    found = known_rules(source(what))
    if found is None:
        raise UsageError(f"{what}: no rules are known of it; `rowmill rules init` proposes some")
    return found


def _given(text: str, out: str | None) -> None:
    """Print a text, or write it to a new file."""
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        with Path(out).open("x", encoding="utf-8") as handle:
            handle.write(text)
    except FileExistsError:
        raise UsageError(f"{out}: is there already; give another name, or remove it") from None
    except OSError as error:
        raise UsageError(f"{out}: {error.strerror}; give a file that can be written") from None
