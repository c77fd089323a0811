"""The flags of ``generate vitals`` and ``preview vitals``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from rowmill.cli.flags import Days, DomainFlags, Flag, lay_flags, lay_presets
from rowmill.cli.flags.run import LLM_FLAGS
from rowmill.core.paths import at_home

if TYPE_CHECKING:
    from rowmill.api.config import ConfigDraft

PILOT_FLAGS = (
    Flag("--arms", "data.pilot.arms", "MAP", "Arms of the pilot: 'Active=A|B,Placebo=C', the control last."),
    Flag("--visits", "data.pilot.visits", "MAP", "Visits of the pilot: 'Day 1=BASELINE,Week 8=WEEK 8'."),
    Flag("--position", "data.pilot.position", "POSITION", "Position of the pilot's readings; ANY for all [SUPINE]."),
    Flag("--timepoint", "data.pilot.timepoint", "NAME", "Time point of the pilot's readings, as VSTPT calls it."),
    Flag("--duplicates", "data.pilot.duplicates", "mean|first", "What several readings of a visit become."),
)
"""How a pilot is read; ``fit`` has them too."""
_FITTING = (
    Flag(
        "--pilot",
        None,
        "FILE",
        "SDTM VS (XPT, CSV or Parquet), or a table with one row a subject and visit.",
        required=True,
    ),
    Flag("--demographics", None, "FILE", "SDTM DM; needed for VS, which has no arms."),
    *PILOT_FLAGS,
    Flag("--source", None, "TEXT", "Where the data come from, for the model."),
)
_FLAGS = (
    Flag("--method", "data.method", "mvn|bootstrap|rules|llm", "Where trajectories come from."),
    Flag("--subjects-per-arm", "data.subjects_per_arm", "N", "Subjects of each arm; 125_000 and 1e5 are read too."),
    Flag("--seed", "data.seed", "N", "Seed of every value; without it one is drawn, shown and stored."),
    Flag("--target-effect", "data.target_effect", "MMHG", "Effect on systolic pressure at the last visit."),
    Flag("--calibrate", "data.calibrate", None, "Meet the effect within each block, as nearly as rounding allows."),
    Flag("--preset", None, "realistic|earlier", "A group of settings; flags of their own win over it."),
    Flag("--model", None, "FILE", "Parameters from `rowmill fit vitals`."),
    Flag("--pilot", "run.inputs.pilot", "FILE", "Pilot to fit or to resample: SDTM VS or a plain table."),
    Flag("--demographics", "run.inputs.demographics", "FILE", "The pilot's demographics: SDTM DM."),
    *PILOT_FLAGS,
    *LLM_FLAGS,
)


def _lay(given: Mapping[str, str | None], draft: ConfigDraft) -> Days:
    """Lay the flags over a draft; a preset lies under every other flag."""
    if given.get("preset") is not None:
        lay_presets(str(given["preset"]), "vitals", draft)
    if given.get("model"):
        draft.add_flags({"data.model": ("--model", _model(str(given["model"])))})
    lay_flags(_FLAGS, given, draft)
    asking = [flag.name for flag in LLM_FLAGS if given.get(flag.parameter) is not None]
    if asking and draft.get("data.method") != "llm":
        raise click.UsageError(f"{asking[0]}: only method llm asks a language model; add --method llm, or leave it out")
    return None, None


def _model(path: str) -> str:
    from rowmill.domains.vitals.shipped import model_text, read_model

    try:
        text = Path(at_home(path, "--model")).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise click.UsageError(f"--model {path}: no such file; `rowmill fit vitals -o {path}` makes one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise click.UsageError(f"--model {path}: cannot be read: {error}") from None
    return model_text(read_model(text, path))


FLAGS = DomainFlags(_FLAGS, _lay, fitting=_FITTING)
