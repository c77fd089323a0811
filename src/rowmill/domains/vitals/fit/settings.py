"""How a pilot is to be read: its words for arms and visits, its position, its doubled rows."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from rowmill.model.spec import Section


class PilotReading(Section):
    """How a pilot's own words become arms, visits and readings."""

    arms: str = ""
    """Arms of the trial and which of the pilot's make them: Active=A|B,Placebo=C, the control last. Empty: an arm that
    is called placebo is Placebo, the other randomised ones are Active, screen failures stay out."""
    visits: str = ""
    """Visits of the trial and which of the pilot's make them: Day 1=BASELINE,Week 4=WEEK 4; others stay out. Empty:
    SCREENING 1, BASELINE, WEEK 4 and WEEK 12, or the trial's own names."""
    position: str = Field(default="SUPINE", min_length=1)
    """Position of pressures and pulse, ANY for all; of supine readings those after five minutes, where they say so. A
    pilot without positions is taken whole."""
    duplicates: Literal["mean", "first"] = "mean"
    """What to do with doubled rows of a subject and visit in a table with one column a vital sign."""
