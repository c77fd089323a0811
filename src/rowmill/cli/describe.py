"""``config``, ``schema`` and ``explain``: what a domain can be told, and what it makes."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from rowmill.cli.request import config_options, domain_argument, read_draft

if TYPE_CHECKING:
    from rowmill.api.dataset import LazyDataset
    from rowmill.api.table import LazyTable

SCHEMA_FORMATS = ("yaml", "json-schema", "sql", "markdown", "duckdb", "polars", "spark", "pandas")


def _config(domain: str, **given: Any) -> None:
    """Print the configuration file of a domain, every key with its meaning.

    What --config, the environment and --set say stands in it; every other key has its default.
    """
    from rowmill.api.template import config_json_schema, config_yaml
    from rowmill.domains.registry import domain as find
    from rowmill.sinks.registry import shown

    spec_type = find(domain).spec_type
    if given["form"] == "json-schema":
        click.echo(config_json_schema(spec_type), nl=False)
    else:
        draft, _ = read_draft(domain, given)
        stated = draft.stated()
        if "://" in (out := stated["run"]["out"] or ""):
            stated["run"]["out"] = shown(out)
        click.echo(config_yaml(domain, spec_type, stated), nl=False)


def _schema(domain: str, **given: Any) -> None:
    """Print the fields of a domain's tables: types, units, ranges, keys and meaning."""
    from rowmill.model.export import render

    click.echo(render([table.schema for table in _tables(domain, given)], given["form"]), nl=False)


def _explain(domain: str, **given: Any) -> None:
    """Print how each column of a table is made: from which columns, hidden steps and inputs, and what it means."""
    from rowmill.model.mistakes import unknown

    tables, wanted = _tables(domain, given), given["columns"]
    known = {name for table in tables for name in (*table.schema.names, *table.lineage())}
    if problem := unknown("column", wanted, known, f"unknown in {', '.join(table.name for table in tables)}"):
        raise click.UsageError(problem)
    shown = [text for table in tables if (text := "\n".join(_lineage(table, wanted)))]
    click.echo("\n\n".join(shown))


def _lineage(table: LazyTable, wanted: Sequence[str]) -> list[str]:
    """Return how columns are made, and the steps among what they come from; no columns stand for all."""
    lineage, words = table.lineage(), table.words()
    if wanted:
        needed = list(dict.fromkeys(name for name in wanted if name in lineage))
        for name in needed:
            needed += [other for other in lineage[name] if other in lineage and other not in needed]
        lineage = {name: needs for name, needs in lineage.items() if name in needed}
        if not lineage:
            return []
    refers = {
        name: f"{key.table}.{other}"
        for key in table.schema.foreign_keys
        for name, other in zip(key.columns, key.references, strict=True)
    }
    lines = [table.name, f"  {table.schema.description}"]
    for field in (field for field in table.schema.fields if not wanted or field.name in lineage):
        unit = f", {field.unit}" if field.unit else ""
        lines.append(f"  {field.name}  ({field.type}{', may be missing' if field.nullable else ''}{unit})")
        lines += textwrap.wrap(
            " ".join(field.meaning.split()), 110, initial_indent="      ", subsequent_indent="      "
        )
        if lineage.get(field.name):
            lines.append(f"      from {', '.join(lineage[field.name])}")
        if field.name in refers:
            lines.append(f"      names a row by {refers[field.name]}")
    steps = {name: needs for name, needs in lineage.items() if name not in table.schema.names}
    if steps:
        lines.append("  steps that reach no file")
        for name, needs in steps.items():
            lines.append(f"    {name}" + (f"  from {', '.join(needs)}" if needs else ""))
            lines += textwrap.wrap(words.get(name, ""), 110, initial_indent="      ", subsequent_indent="      ")
    return lines


def _tables(domain: str, given: dict[str, Any]) -> list[LazyTable]:
    from rowmill.api.complete import complete
    from rowmill.api.dataset import dataset
    from rowmill.domains.registry import domain as find
    from rowmill.model.inputs import inputs_of

    draft, _ = read_draft(domain, given)
    configuration = draft.finish()
    spec = configuration.data
    # No field depends on the seed, so none is drawn for a description.
    seeded = spec if spec.seed is not None else spec.model_copy(update={"seed": 0})
    whole = complete(find(domain), seeded, configuration.run.llm, inputs_of(configuration.run.inputs), dry=True)
    described: LazyDataset = dataset(
        domain, whole.spec, inputs={name: file.path for name, file in whole.inputs.items()}
    )
    return [described[given["table"]]] if given["table"] else list(described.tables.values())


_TABLE = click.Option(["--table"], metavar="NAME", help="One table; without it all of them.")

config = click.Command(
    "config",
    callback=_config,
    params=[
        domain_argument(),
        click.Option(
            ["--format", "form"], type=click.Choice(["yaml", "json-schema"]), default="yaml", help="Form to print."
        ),
        *config_options(),
    ],
    help=_config.__doc__,
)
schema = click.Command(
    "schema",
    callback=_schema,
    params=[
        domain_argument(),
        click.Option(
            ["--format", "form"],
            type=click.Choice(SCHEMA_FORMATS),
            default="yaml",
            help="Form to print; the last four read CSV files of it in the right types.",
        ),
        _TABLE,
        *config_options(),
    ],
    help=_schema.__doc__,
)
explain = click.Command(
    "explain",
    callback=_explain,
    params=[
        domain_argument(),
        _TABLE,
        click.Option(
            ["--column", "columns"],
            metavar="NAME",
            multiple=True,
            help="This column and what it is made from; may be repeated.",
        ),
        *config_options(),
    ],
    help=_explain.__doc__,
)
