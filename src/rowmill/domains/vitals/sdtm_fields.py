"""Fields of the SDTM tables VS and DM, with the variable labels of SDTMIG 3.4 and CDISC's controlled terms."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from rowmill.domains.vitals.fields import SCHEMA_VERSION, SUBJECT_PATTERN
from rowmill.domains.vitals.sdtm_terms import EPOCHS, FLAG, NOT_DONE, TESTS, TrialTerms
from rowmill.model.schema import Field, ForeignKey, Schema
from rowmill.model.types import FieldType

_SUBJECT_LENGTH = 16
_DATE_LENGTH = 10


def _field(name: str, kind: FieldType, label: str, meaning: str, *, nullable: bool = False) -> Field:
    layout: Literal["plain", "delta", "dictionary"] = "dictionary"
    if kind not in ("string", "enum"):
        layout = "plain" if kind == "float64" else "delta"
    return Field(name, kind, meaning, nullable=nullable, layout=layout, label=label)


def _term(field: Field, codelist: str, *terms: str) -> Field:
    return replace(field, values=terms, source=f"CDISC codelist {codelist}")


def _date(name: str, label: str, meaning: str, *, nullable: bool = False) -> Field:
    field = _field(name, "string", label, meaning, nullable=nullable)
    return replace(field, source="ISO 8601", pattern=r"\d{4}-\d{2}-\d{2}", length=_DATE_LENGTH)


def _empty(name: str, label: str, why: str) -> Field:
    """Return a variable that SDTMIG expects in every data set and that holds nothing here."""
    return replace(_field(name, "string", label, f"Always empty: {why}.", nullable=True), length=1)


_STUDY = _field("STUDYID", "enum", "Study Identifier", "The study that was simulated.")
_SUBJECT = _field("USUBJID", "string", "Unique Subject Identifier", "STUDYID, a dash, and the subject's SubjectID.")

VS = Schema(
    "vs",
    SCHEMA_VERSION,
    "Vital Signs",
    (
        _STUDY,
        _term(_field("DOMAIN", "enum", "Domain Abbreviation", "The domain."), "SDOMAIN (C66734)", "VS"),
        _SUBJECT,
        replace(_field("VSSEQ", "int32", "Sequence Number", "Number of the row within the subject."), minimum=1),
        _term(
            _field("VSTESTCD", "enum", "Vital Signs Test Short Name", "What was measured."),
            "VSTESTCD (C66741)",
            *(test.code for test in TESTS),
        ),
        _term(
            _field("VSTEST", "enum", "Vital Signs Test Name", "What was measured, in words."),
            "VSTEST (C67153)",
            *(test.name for test in TESTS),
        ),
        _term(
            _field("VSPOS", "enum", "Vital Signs Position of Subject", "Position; none for TEMP.", nullable=True),
            "POSITION (C71148)",
            "SUPINE",
        ),
        _field(
            "VSORRES",
            "string",
            "Result or Finding in Original Units",
            "The reading as the site noted it: whole mmHg and beats/min, tenths of °C or °F.",
            nullable=True,
        ),
        _term(
            _field("VSORRESU", "enum", "Original Units", "Unit of VSORRES.", nullable=True),
            "VSRESU (C66770)",
            "mmHg",
            "beats/min",
            "C",
            "F",
        ),
        _field("VSSTRESC", "string", "Character Result/Finding in Std Format", "VSSTRESN as a text.", nullable=True),
        _field(
            "VSSTRESN",
            "float64",
            "Numeric Result/Finding in Standard Units",
            "The reading in VSSTRESU, as in the table vitals: °F are converted and rounded to 0.01 °C.",
            nullable=True,
        ),
        _term(
            _field("VSSTRESU", "enum", "Standard Units", "Unit of VSSTRESN.", nullable=True),
            "VSRESU (C66770)",
            "mmHg",
            "beats/min",
            "C",
        ),
        _term(
            _field("VSSTAT", "enum", "Completion Status", "NOT DONE where a visit was missed.", nullable=True),
            "ND (C66789)",
            NOT_DONE,
        ),
        _term(
            _field(
                "VSLOBXFL",
                "enum",
                "Last Observation Before Exposure Flag",
                "Y at the last visit before the first dose.",
                nullable=True,
            ),
            "NY (C66742)",
            FLAG,
        ),
        _term(_field("VSBLFL", "enum", "Baseline Flag", "Y where VSLOBXFL is Y.", nullable=True), "NY (C66742)", FLAG),
        replace(_field("VISITNUM", "int16", "Visit Number", "Number of the planned visit."), minimum=1),
        _field("VISIT", "enum", "Visit Name", "Planned visit, in capitals."),
        _field("VISITDY", "int32", "Planned Study Day of Visit", "Planned study day; there is no day 0."),
        _term(
            _field("EPOCH", "enum", "Epoch", "SCREENING before the first dose, TREATMENT after it."),
            "EPOCH (C99079)",
            *EPOCHS,
        ),
        _date("VSDTC", "Date/Time of Measurements", "Day of the visit; none where it was missed.", nullable=True),
        _field(
            "VSDY",
            "int32",
            "Study Day of Vital Signs",
            "Study day of VSDTC: 1 is the first dose, the day before it is −1.",
            nullable=True,
        ),
    ),
    ("STUDYID", "USUBJID", "VSTESTCD", "VISITNUM"),
    foreign_keys=(ForeignKey(("STUDYID", "USUBJID"), "dm", ("STUDYID", "USUBJID")),),
)

DM = Schema(
    "dm",
    SCHEMA_VERSION,
    "Demographics",
    (
        _STUDY,
        _term(_field("DOMAIN", "enum", "Domain Abbreviation", "The domain."), "SDOMAIN (C66734)", "DM"),
        replace(_SUBJECT, layout="plain"),
        replace(
            _field("SUBJID", "string", "Subject Identifier for the Study", "SubjectID of the other tables."),
            pattern=SUBJECT_PATTERN,
            length=_SUBJECT_LENGTH,
            layout="plain",
        ),
        _date("RFSTDTC", "Subject Reference Start Date/Time", "Day of the first dose: study day 1."),
        _date("RFENDTC", "Subject Reference End Date/Time", "Day of the last visit that was done."),
        _date("RFXSTDTC", "Date/Time of First Study Treatment", "Day of the first dose."),
        _empty("RFXENDTC", "Date/Time of Last Study Treatment", "doses are not made"),
        _date("RFICDTC", "Date/Time of Informed Consent", "Day of the first visit, the first dose at the latest."),
        _date("RFPENDTC", "Date/Time of End of Participation", "Day of the last visit that was done."),
        _empty("DTHDTC", "Date/Time of Death", "nobody dies"),
        _empty("DTHFL", "Subject Death Flag", "nobody dies"),
        replace(
            _field("SITEID", "string", "Study Site Identifier", "Site in four digits, counted from 0001."),
            pattern="[0-9]{4}",
            length=4,
        ),
        replace(_field("AGE", "int16", "Age", "Age at screening, in AGEU."), minimum=0, maximum=120),
        _term(_field("AGEU", "enum", "Age Units", "Unit of AGE."), "AGEU (C66781)", "YEARS"),
        _term(_field("SEX", "enum", "Sex", "Sex."), "SEX (C66731)", "F", "M"),
        _empty("RACE", "Race", "it is not made"),
        _field("ARMCD", "enum", "Planned Arm Code", "Arm as a code of at most 20 characters."),
        _field("ARM", "enum", "Description of Planned Arm", "Arm that the subject was randomised to."),
        _field("ACTARMCD", "enum", "Actual Arm Code", "Code of ACTARM."),
        _field("ACTARM", "enum", "Description of Actual Arm", "Arm that the subject was treated in: the planned one."),
        _empty("ARMNRS", "Reason Arm and/or Actual Arm is Null", "everybody is randomised and treated"),
        _empty("ACTARMUD", "Description of Unplanned Actual Arm", "everybody is treated as planned"),
        replace(
            _field("COUNTRY", "enum", "Country", "Country of the site."), values=("USA",), source="ISO 3166-1 alpha-3"
        ),
    ),
    ("STUDYID", "USUBJID"),
    foreign_keys=(ForeignKey(("SUBJID",), "subjects", ("SubjectID",)),),
)


def with_terms(schema: Schema, terms: TrialTerms) -> Schema:
    """Return a schema with the trial's own study, subjects, arms, visits and lengths of results."""
    domains = {
        "STUDYID": terms.study,
        "VISIT": terms.visits,
        "ARM": terms.arms,
        "ACTARM": terms.arms,
        "ARMCD": terms.arm_codes,
        "ACTARMCD": terms.arm_codes,
    }
    prefix = f"{terms.study[0]}-"

    def completed(field: Field) -> Field:
        if field.name in domains:
            return replace(field, values=domains[field.name])
        if field.name == "USUBJID":
            return replace(field, pattern=prefix + SUBJECT_PATTERN, length=len(prefix) + _SUBJECT_LENGTH)
        if field.name in ("VSORRES", "VSSTRESC"):
            return replace(field, length=terms.results.longest)
        return field

    return replace(schema, fields=tuple(map(completed, schema.fields)))
