"""``rowmill fit DOMAIN``: a model of aggregates from real data."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click

from rowmill.cli.flags.vitals import PILOT_FLAGS
from rowmill.cli.groups import LazyGroup, SectionedCommand
from rowmill.core.paths import local_path

_LINES = {"vitals": "Fit a trial's vital signs to a pilot."}


def _vitals(*, pilot: str, demographics: str | None, out: str, source: str, overwrite: bool, **given: Any) -> None:
    from rowmill.core.outputs import refuse_existing, refuse_inputs
    from rowmill.domains.vitals.fit.fitting import fit as fit_model
    from rowmill.domains.vitals.fit.report import facts, lines
    from rowmill.domains.vitals.fit.settings import PilotReading
    from rowmill.domains.vitals.shipped import model_text
    from rowmill.model.spec import validate

    words = {flag.parameter: given[flag.parameter] for flag in PILOT_FLAGS}
    reading = validate(PilotReading, {name: text for name, text in words.items() if text is not None}, "pilot")
    target = Path(local_path(out, "--out"))
    if not target.parent.is_dir():
        raise click.UsageError(f"--out {out}: no folder {target.parent}; make it first")
    pilot = local_path(pilot, "--pilot")
    dm = None if demographics is None else local_path(demographics, "--demographics")
    read = {"--pilot": pilot, "--demographics": dm}
    refuse_inputs("--out", target, {name: path for name, path in read.items() if path is not None})
    found = fit_model(pilot, dm, reading, source)
    text = model_text(found.model)
    refuse_existing("--out", target, text.encode(), overwrite=overwrite)
    _replace(target, text)
    if given["as_json"]:
        click.echo(json.dumps({"model": out, **facts(found)}, ensure_ascii=False))
    elif not given["quiet"]:
        click.echo("\n".join([*lines(found), f"model       {out}"]))


def _replace(target: Path, text: str) -> None:
    """Write a file whole or not at all."""
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise click.UsageError(f"--out {target}: cannot be written: {error.strerror or error}") from None


def _load(_: str) -> click.Command:
    return SectionedCommand(
        "vitals",
        callback=_vitals,
        help="Fit a trial's vital signs to a pilot and write the model: aggregates, never a subject's row.",
        sections={
            "Pilot": [
                click.Option(
                    ["--pilot"],
                    metavar="FILE",
                    required=True,
                    help="SDTM VS (XPT, CSV or Parquet), or a table with one row a subject and visit.",
                ),
                click.Option(["--demographics"], metavar="FILE", help="SDTM DM; needed for VS, which has no arms."),
                *(flag.option() for flag in PILOT_FLAGS),
            ],
            "Model": [
                click.Option(["-o", "--out"], metavar="FILE", required=True, help="Model file to write, JSON."),
                click.Option(["--overwrite"], is_flag=True, help="Replace another file that is there."),
                click.Option(["--source"], metavar="TEXT", default="", help="Where the data come from, for the model."),
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
