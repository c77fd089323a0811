"""Who took part: SDTM DM, or a table with SubjectID, Age, Sex and SiteID, into the table of people."""

from __future__ import annotations

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.fit.files import PilotFile, Workshop, others

_OLDEST = 130
_CODES = ("ARMCD", "ACTARM")
_YEARS = """
    CREATE TABLE age_unit AS SELECT * FROM (VALUES
        ('YEARS', 1.0), ('YEAR', 1.0), ('Y', 1.0), ('MONTHS', 1 / 12.0), ('MONTH', 1 / 12.0),
        ('WEEKS', 7 / 365.25), ('WEEK', 7 / 365.25), ('DAYS', 1 / 365.25), ('DAY', 1 / 365.25),
        ('HOURS', 1 / 8766.0), ('HOUR', 1 / 8766.0)) u(unit, years)"""
_PEOPLE = """
    CREATE TABLE people AS
    SELECT {subject} AS subject, {arm} AS arm, ARMCD AS code, ACTARM AS actual,
        try_cast(AGE AS DOUBLE) * u.years AS age, upper(SEX[1:1]) AS sex, SITEID AS site
    FROM dm LEFT JOIN age_unit u ON upper(coalesce(AGEU, 'YEARS')) = u.unit WHERE {subject} IS NOT NULL"""


def read_people(shop: Workshop, dm: PilotFile, *, arms: bool) -> list[str]:
    """Make the table ``people``; return what there is to tell.

    Args:
        shop: the database.
        dm: the file.
        arms: whether the arms are needed from it.

    Raises:
        SpecError: if a column is missing, a subject stands there twice, or an age is no number, in no known unit, or
            nobody's.
    """
    plain = "USUBJID" not in dm and "SubjectID" in dm
    subject, arm = ("SubjectID", "TreatmentArm") if plain else ("USUBJID", "ARM")
    needed, optional = ((subject, arm), ()) if arms else ((subject,), (arm,))
    dm.table("dm", needed, (*optional, *_CODES, "AGE", "AGEU", "SEX", "SITEID"))
    dm.refuse_text("dm", "AGE")
    shop.run(_YEARS)
    _refuse_units(shop, dm)
    shop.run(_PEOPLE.format(subject=subject, arm=arm))
    _refuse_ages(shop, dm, subject)
    twice = shop.value("SELECT subject FROM people GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1")
    if twice is not None:
        raise SpecError(f"{dm.path}: subject {twice!r} stands there twice; keep one row a subject")
    other = shop.rows(
        """SELECT upper(AGEU), count(*) FROM dm JOIN age_unit ON upper(AGEU) = unit
           WHERE AGE IS NOT NULL AND years <> 1 GROUP BY 1 ORDER BY 1"""
    )
    units = ", ".join(f"{unit} {number:,}" for unit, number in other)
    unsaid = shop.value(
        """SELECT count(*) FROM dm WHERE AGE IS NOT NULL AND AGEU IS NULL
           AND (SELECT count(AGEU) FROM dm) > 0"""
    )
    elsewhere = shop.value("SELECT count(*) FROM people WHERE actual <> arm") if arms else 0
    nobody = shop.value(f"SELECT count(*) FROM dm WHERE {subject} IS NULL")  # noqa: S608
    return [
        *([f"rows of people without {subject}, left out: {nobody:,}"] if nobody else []),
        *([f"arms are the planned ones (ARM); subjects whose ACTARM is another: {elsewhere:,}"] if elsewhere else []),
        *([f"ages told in other units, converted to years: {units}"] if units else []),
        *([f"ages without AGEU, taken as years: {unsaid:,}"] if unsaid else []),
    ]


def codes_of_arms(shop: Workshop) -> dict[str, str]:
    """Return the arms of people by their codes, of codes that stand for one."""
    return dict(shop.rows("SELECT code, min(arm) FROM people GROUP BY 1 HAVING count(DISTINCT arm) = 1 AND code <> ''"))


def _refuse_units(shop: Workshop, dm: PilotFile) -> None:
    bad = shop.rows(
        """SELECT _row, AGE, AGEU, count(*) OVER () FROM dm ANTI JOIN age_unit ON upper(AGEU) = unit
           WHERE AGE IS NOT NULL AND AGEU IS NOT NULL ORDER BY 1 LIMIT 1"""
    )
    if bad:
        row, age, unit, number = bad[0]
        raise SpecError(
            f"{dm.path}, row {row}: got AGE {age} in AGEU {unit[:40]!r}; they are YEARS, MONTHS, WEEKS, DAYS or HOURS: "
            f"convert it first{others(number)}"
        )


def _refuse_ages(shop: Workshop, dm: PilotFile, subject: str) -> None:
    bad = shop.rows(
        f"""SELECT dm._row, dm.AGE, dm.AGEU, count(*) OVER () FROM dm JOIN people ON dm.{subject} = people.subject
            WHERE people.age NOT BETWEEN 0 AND {_OLDEST} ORDER BY 1 LIMIT 1"""  # noqa: S608
    )
    if bad:
        row, age, unit, number = bad[0]
        raise SpecError(
            f"{dm.path}, row {row}: got AGE {age} {unit or 'YEARS'}; an age lies in 0 … {_OLDEST} years: correct it "
            f"or leave it empty{others(number)}"
        )
