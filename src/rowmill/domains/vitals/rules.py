"""What trials keep beside their schemas: pressures, arms, visits and flags that agree, in both forms of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rowmill.domains.vitals.sdtm_terms import FLAG, NOT_DONE, TESTS
from rowmill.domains.vitals.settings import GAP
from rowmill.model.rules import LinkRule, Rule

_VITALS: Final = (
    Rule(f"systolic pressure exceeds diastolic by {GAP} or more", f"SystolicBP >= DiastolicBP + {GAP}"),
    Rule("both pressures or none", "(SystolicBP is null) = (DiastolicBP is null)"),
    Rule("pulse and pressure, or neither", "(SystolicBP is null) = (HeartRate is null)"),
    Rule("temperature and pressure, or neither", "(SystolicBP is null) = (Temperature is null)"),
    Rule("temperature has two decimals", "abs(Temperature * 100 - round(Temperature * 100)) < 0.000001"),
    Rule("the arm is the subject's", "TreatmentArm = subjects.TreatmentArm"),
    Rule("a subject stays in one arm", "TreatmentArm = previous(TreatmentArm)", ("SubjectID",), ("VisitName",)),
)
_SUBJECTS: Final = (
    Rule("the site is that of the name", "number(right(left(SubjectID, 6), 4)) = SiteID"),
)  # fmt: skip
_SUBJECT_TEST: Final = ("USUBJID", "VSTESTCD")
_NAMES: Final = " or ".join(f"VSTESTCD = '{test.code}' and VSTEST = '{test.name}'" for test in TESTS)
_VS: Final = (
    Rule("the name of the test is that of its code", _NAMES),
    Rule("only temperature is in °C", "(VSTESTCD = 'TEMP') = (VSSTRESU = 'C')"),
    Rule("a temperature is read in C or F, others are not", "(VSTESTCD = 'TEMP') = (VSORRESU in ('C', 'F'))"),
    Rule("a result, or the word that there is none", f"(VSORRES is null) = (VSSTAT is not distinct from '{NOT_DONE}')"),
    Rule("a result in both units, or in none", "(VSORRES is null) = (VSSTRESN is null)"),
    Rule("number and text of a result agree", "abs(VSSTRESN - number(VSSTRESC)) < 0.0001"),
    Rule("a result has a day", "(VSORRES is null) = (VSDTC is null)"),
    Rule("a day is told twice alike", "(VSDTC is null) = (VSDY is null)"),
    Rule("there is no study day 0", "VISITDY <> 0 and coalesce(VSDY <> 0, true)"),
    Rule("both flags of the baseline agree", "VSBLFL is not distinct from VSLOBXFL"),
    Rule("a baseline is a result before the first dose",
         f"VSBLFL = '{FLAG}' implies EPOCH = 'SCREENING' and VSSTRESN is not null"),
    Rule("one baseline a subject and test", "count(VSBLFL) <= 1", _SUBJECT_TEST),
    Rule("planned days ascend with the visits", "VISITDY > previous(VISITDY)", _SUBJECT_TEST, ("VISITNUM",)),
    Rule("visits keep their order", "VSDY > previous(VSDY)", _SUBJECT_TEST, ("VISITNUM",)),
    Rule("treatment does not come before screening", "previous(EPOCH) <= EPOCH", _SUBJECT_TEST, ("VISITNUM",)),
    Rule("rows of a subject are numbered", "VSSEQ = previous(VSSEQ) + 1", ("USUBJID",), ("VSSEQ",)),
    Rule("the first row of a subject is number 1", "min(VSSEQ) = 1", ("USUBJID",)),
)  # fmt: skip
_DM: Final = (
    Rule("the name ends with that of the subject", "right(USUBJID, 16) = SUBJID"),
    Rule("the site is that of the name", "right(left(SUBJID, 6), 4) = SITEID"),
    Rule("treated as planned", "ARM = ACTARM and ARMCD = ACTARMCD"),
    Rule("the arm is the subject's", "ARM = subjects.TreatmentArm"),
    Rule("age and sex are the subject's", "AGE = subjects.Age and SEX = subjects.Sex"),
    Rule("the first dose is the start", "RFSTDTC = RFXSTDTC"),
    Rule("consent comes before the first dose", "RFICDTC <= RFSTDTC"),
    Rule("participation ends after consent", "RFPENDTC >= RFICDTC and RFENDTC = RFPENDTC"),
)
RULES: Final[Mapping[str, tuple[Rule | LinkRule, ...]]] = MappingProxyType(
    {"vitals": _VITALS, "subjects": _SUBJECTS, "vs": _VS, "dm": _DM}
)
