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


@rules.command
@click.argument("path", metavar="PATH")
@click.option("--to", required=True, type=click.Choice(["great-expectations", "pandera", "dbt"]), help="The tool.")
@click.option("--rules", "book", metavar="FILE", help="Rules to export; without it those that are known of PATH.")
@click.option("--out", required=True, metavar="PLACE", help="A new file for pandera, a folder for the others.")
def export(path: str, *, to: str, book: str | None, out: str) -> None:
    """Write the rules of PATH for another tool, and say what it has no words for.

    Suites of Great Expectations (a JSON file a table), a Python module of pandera schemas for Polars, or sources with
    tests for dbt on DuckDB.
    """
    from rowmill.quality.exports.exporting import export_rules, write_export

    made = export_rules(path, to, rules=book)
    places = write_export(made, out)
    click.echo(f"{out}: {len(places)} {'file' if len(places) == 1 else 'files'} for {to}", err=True)
    for line in made.left_out:
        click.echo(f"left out: {line}", err=True)


for _command in (init, show, export):
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
