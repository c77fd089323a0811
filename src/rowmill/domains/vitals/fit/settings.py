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
    """Position of pressures and pulse, ANY for all. A pilot without positions is taken whole."""
    timepoint: str = ""
    """Time point of the readings that count, where a visit has several: what VSTPT, VSELTM or VSTPTNUM says. Empty:
    whichever there is; several in one visit are refused unless duplicates says what becomes of them."""
    duplicates: Literal["mean", "first"] | None = None
    """What becomes of several readings of a subject and visit. Unset: the mean is taken of those of one day and time
    point, and the report counts them; readings of several days or time points are refused."""


class PilotFit(PilotReading):
    """What a fit is asked for."""

    pilot: str
    """SDTM VS (XPT, CSV or Parquet), or a table with one row a subject and visit."""
    demographics: str | None = None
    """SDTM DM, or a table with SubjectID, Age, Sex and SiteID; needed for VS, which has no arms."""
    source: str = ""
    """Where the data come from, for the model's own account of itself."""

    @property
    def reading(self) -> PilotReading:
        """Return how the pilot is read, without the files."""
        return PilotReading(**{name: getattr(self, name) for name in PilotReading.model_fields})
