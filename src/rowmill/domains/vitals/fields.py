"""Fields of the vitals tables."""

from __future__ import annotations

from dataclasses import replace

from rowmill.domains.vitals.model import VITALS
from rowmill.domains.vitals.plan import Trial
from rowmill.model.schema import Field, ForeignKey, Schema

SCHEMA_VERSION = "1.0.0"
SUBJECT_PATTERN = "RM[0-9]{4}-[0-9]{9}"
_ID = Field("SubjectID", "string", "Subject, unique in the trial.", pattern=SUBJECT_PATTERN, layout="dictionary")
_ARM = Field("TreatmentArm", "enum", "Arm that the subject was randomised to.", layout="dictionary")

VITALS_TABLE = Schema(
    "vitals",
    SCHEMA_VERSION,
    "Vital signs, one row a subject and visit.",
    (
        _ID,
        Field("VisitName", "enum", "Planned visit.", layout="dictionary"),
        _ARM,
        Field("SystolicBP", "int16", "Systolic blood pressure.", nullable=True, unit="mmHg", layout="delta"),
        Field("DiastolicBP", "int16", "Diastolic blood pressure.", nullable=True, unit="mmHg", layout="delta"),
        Field("HeartRate", "int16", "Heart rate.", nullable=True, unit="beats/min", layout="delta"),
        Field("Temperature", "float64", "Body temperature, 2 decimals.", nullable=True, unit="°C"),
    ),
    ("SubjectID", "VisitName"),
    foreign_keys=(ForeignKey(("SubjectID",), "subjects", ("SubjectID",)),),
)
SUBJECTS = Schema(
    "subjects",
    SCHEMA_VERSION,
    "Subjects of the trial.",
    (
        # As many texts as rows: a dictionary would cost memory and save nothing.
        replace(_ID, layout="plain"),
        Field("Age", "int16", "Age at screening.", unit="years", minimum=0, maximum=120),
        Field("Sex", "enum", "Sex.", values=("F", "M"), source="CDISC codelist SEX", layout="dictionary"),
        Field("SiteID", "int16", "Site, counted from 1.", minimum=1, maximum=9999),
        _ARM,
        Field("LastVisit", "enum", "Last visit before the subject left, or the last one planned.", layout="dictionary"),
        Field("DroppedOut", "bool", "Whether the subject left before the last visit."),
    ),
    ("SubjectID",),
)
TRUTH = Schema(
    "truth",
    SCHEMA_VERSION,
    "Every parameter that made the data, one row a number.",
    (
        Field("Parameter", "string", "What it is: mean, effect, between, within, kernel_slow, retention …"),
        Field("TreatmentArm", "string", "Arm, where it belongs to one.", nullable=True),
        Field("VisitName", "string", "Visit, where it belongs to one.", nullable=True),
        Field("Vital", "string", "Vital sign, where it belongs to one.", nullable=True),
        Field("OtherVital", "string", "Second vital sign of a covariance.", nullable=True),
        Field("Value", "float64", "The number, in the vital's unit (squared for covariances, SDs for distances)."),
    ),
    unique=(("Parameter", "TreatmentArm", "VisitName", "Vital", "OtherVital"),),
)


def with_values(schema: Schema, trial: Trial) -> Schema:
    """Return a schema with the trial's own arms, visits and ranges."""
    spec = trial.spec
    limits = dict(zip(VITALS, spec.ranges.pairs, strict=True))

    def completed(field: Field) -> Field:
        if field.type == "enum" and field.name == "TreatmentArm":
            return replace(field, values=spec.arms)
        if field.type == "enum" and field.name in ("VisitName", "LastVisit"):
            return replace(field, values=tuple(trial.visits))
        if field.name in limits:
            return replace(field, minimum=float(limits[field.name][0]), maximum=float(limits[field.name][1]))
        return field

    return replace(schema, fields=tuple(map(completed, schema.fields)))
