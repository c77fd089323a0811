"""``rowmill fit DOMAIN``: a model of aggregates from real data."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

import click

from rowmill.cli.flags import domain_flags
from rowmill.cli.groups import LazyGroup, SectionedCommand
from rowmill.domains.registry import DOMAINS

_LINES = {name: f"Fit a model of {name} to real data." for name in DOMAINS if domain_flags(name).fitting}


def _fit(
    domain: str, /, *, out: str, overwrite: bool, as_json: bool, quiet: bool, **given: Any
) -> None:  # the rest are flags of the domain
    from rowmill.api.fit import fit as fit_model

    fields = {name: text for name, text in given.items() if text is not None}
    found = fit_model(domain, out=out, overwrite=overwrite, **fields)
    if as_json:
        click.echo(json.dumps({"model": out, **found.report.facts}, ensure_ascii=False))
    elif not quiet:
        click.echo(f"{found.report}\nmodel       {out}")


def _load(domain: str) -> click.Command:
    return SectionedCommand(
        domain,
        callback=partial(_fit, domain),
        help=f"Fit a model of {domain} to real data and write it: aggregates, never a row of anybody.",
        sections={
            "Data": [flag.option() for flag in domain_flags(domain).fitting],
            "Model": [
                click.Option(["-o", "--out"], metavar="FILE", required=True, help="Model file to write, JSON."),
                click.Option(["--overwrite"], is_flag=True, help="Replace another file that is there."),
            ],
            "Report": [
                click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object on standard output."),
                click.Option(["--quiet"], is_flag=True, help="Print nothing."),
            ],
        },
    )


fit: Any = LazyGroup(
    "fit",
    help="Fit a model to real data.",
    lines=_LINES,
    load=_load,
    noun="domain",
)
