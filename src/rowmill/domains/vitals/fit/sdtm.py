"""SDTM: the VS domain, one row a test and reading, into the table of readings; the DM domain into the table of people.

Read are systolic and diastolic pressure, pulse (or heart rate where no pulse was taken) and temperature; other tests
stay aside. Several readings of a visit stay several rows; a test that was not done has no value.
"""

from __future__ import annotations

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.fit.files import Source, Workshop

ANY_POSITION = "ANY"
_TESTS = ("SYSBP", "DIABP", "PULSE (or HR)", "TEMP")
_UNITS = ("pressures are in mmHg", "pressures are in mmHg", "pulse is in beats/min", "temperatures are in C or F")
_VS = ("USUBJID", "VSTESTCD", "VISIT")
_ORIGINAL, _STANDARD = ("VSORRES", "VSORRESU"), ("VSSTRESN", "VSSTRESU")
_MORE = ("VSSTAT", "VISITNUM", "VISITDY", "VSDY", "VSPOS", "VSTPTNUM", "VSELTM")
_RESULTS = """
    CREATE TABLE result AS
    SELECT _row, USUBJID AS subject, t.code, t.vital, t.rank, VISIT AS visit, try_cast(VISITNUM AS DOUBLE) AS number,
        try_cast(VISITDY AS DOUBLE) AS planned, try_cast(VSDY AS DOUBLE) AS happened, upper(VSPOS) AS position,
        coalesce(try_cast(VSTPTNUM AS DOUBLE) = 815, false) OR coalesce(upper(VSELTM) = 'PT5M', false) AS after_five,
        coalesce(VSSTRESN, VSORRES) AS text, CASE WHEN VSSTRESN IS NOT NULL THEN VSSTRESU ELSE VSORRESU END AS unit,
        coalesce(VSORRESU, VSSTRESU) AS original_unit
    FROM vs JOIN (VALUES ('SYSBP', 0, 0), ('DIABP', 1, 0), ('PULSE', 2, 0), ('HR', 2, 1), ('TEMP', 3, 0))
        t(code, vital, rank) ON upper(VSTESTCD) = t.code
    WHERE coalesce(upper(VSSTAT), '') <> 'NOT DONE' AND coalesce(VSSTRESN, VSORRES) IS NOT NULL
        AND USUBJID IS NOT NULL AND VISIT IS NOT NULL"""
_KNOWN_UNITS = """
    CREATE TABLE known_unit AS SELECT * FROM (VALUES
        (0, 'MMHG', false), (0, 'MM[HG]', false), (1, 'MMHG', false), (1, 'MM[HG]', false),
        (2, 'BEATS/MIN', false), (2, 'BEATS/MINUTE', false), (2, 'BPM', false), (2, '/MIN', false), (2, '1/MIN', false),
        (3, 'C', false), (3, 'CEL', false), (3, 'DEGC', false), (3, 'CELSIUS', false),
        (3, 'F', true), (3, '[DEGF]', true), (3, 'DEGF', true), (3, 'FAHRENHEIT', true)) u(vital, unit, fahrenheit);
    CREATE MACRO bare(unit) AS upper(replace(replace(unit, ' ', ''), '°', ''))"""
_READINGS = """
    CREATE TABLE reading AS
    SELECT _row, subject, visit, number, planned, happened, r.vital, coalesce(o.fahrenheit, u.fahrenheit) AS fahrenheit,
        CASE WHEN u.fahrenheit THEN CAST(round((CAST(text AS DOUBLE) - 32) * 5000 / 9) AS BIGINT)
             ELSE CAST(round(CAST(text AS DOUBLE) * 1000) AS BIGINT) END AS milli
    FROM result r JOIN known_unit u ON r.vital = u.vital AND bare(r.unit) = u.unit
        LEFT JOIN known_unit o ON r.vital = o.vital AND bare(r.original_unit) = o.unit"""
_PEOPLE = """
    CREATE TABLE people AS
    SELECT {subject} AS subject, {arm} AS arm, try_cast(AGE AS DOUBLE) AS age, upper(SEX[1:1]) AS sex, SITEID AS site
    FROM dm WHERE {subject} IS NOT NULL"""


def read_sdtm(shop: Workshop, vs: Source, position: str) -> list[str]:
    """Make the table ``reading`` of a VS domain; return what there is to tell about it.

    Raises:
        SpecError: if a column, a test or the position is missing, a result is no number, or a unit is unknown.
    """
    pairs = [pair for pair in (_STANDARD, _ORIGINAL) if all(name in vs for name in pair)] or [_ORIGINAL]
    vs.table("vs", (*_VS, *(name for pair in pairs for name in pair)), _MORE)
    for pair in (_STANDARD, _ORIGINAL):
        if pair not in pairs:
            shop.run(f"ALTER TABLE vs ADD COLUMN {pair[0]} VARCHAR; ALTER TABLE vs ADD COLUMN {pair[1]} VARCHAR")
    shop.run(_RESULTS)
    told = [*_tests(shop, vs), *_positions(shop, position.upper())]
    _check(shop, vs)
    shop.run(_READINGS)
    return told


def _tests(shop: Workshop, vs: Source) -> list[str]:
    """Keep one test a vital sign."""
    best = dict(shop.rows("SELECT vital, min(rank) FROM result GROUP BY 1"))
    for vital, code in enumerate(_TESTS):
        if vital not in best:
            raise SpecError(f"{vs.path}: no result of {code}; {', '.join(_TESTS)} are needed")
    shop.run("DELETE FROM result WHERE vital = 2 AND rank > ?", [best[2]])
    return ["heart rate: test HR, for no PULSE was taken"] if best[2] else []


def _positions(shop: Workshop, position: str) -> list[str]:
    """Keep the readings in a position, and of these those after five minutes, vital by vital, where they say so.

    Return what there is to tell.
    """
    if position == ANY_POSITION:
        return []
    used: dict[str, list[str]] = {}
    for vital, code in enumerate(_TESTS):
        found = dict(shop.rows("SELECT position, bool_or(after_five) FROM result WHERE vital = ? GROUP BY 1", [vital]))
        known = sorted(name for name in found if name is not None)
        if known and position not in known:
            raise SpecError(
                f"position: got {position}, but {code} was taken {', '.join(known)}; give --position {known[0]}, or "
                f"{ANY_POSITION} for all"
            )
        if known:
            shop.run("DELETE FROM result WHERE vital = ? AND position IS DISTINCT FROM ?", [vital, position])
            shop.run("DELETE FROM result WHERE vital = ? AND NOT after_five AND ?", [vital, found[position]])
            which = f"{position} after five minutes" if found[position] else position
            used.setdefault(which, []).append(code.partition(" ")[0])
    return [f"readings of {', '.join(codes)}: {which}" for which, codes in used.items()]


def _check(shop: Workshop, vs: Source) -> None:
    bad = shop.rows(
        """SELECT _row, code, text FROM result
           WHERE NOT coalesce(isfinite(try_cast(text AS DOUBLE)), false) ORDER BY 1 LIMIT 1"""
    )
    if bad:
        row, code, text = bad[0]
        raise SpecError(f"{vs.path}, row {row}: got {code} {text[:40]!r}; a result must be a number")
    shop.run(_KNOWN_UNITS)
    bad = shop.rows(
        """SELECT _row, code, unit, r.vital FROM result r
           ANTI JOIN known_unit u ON r.vital = u.vital AND bare(r.unit) = u.unit ORDER BY 1 LIMIT 1"""
    )
    if bad:
        row, code, unit, vital = bad[0]
        raise SpecError(f"{vs.path}, row {row}: got {code} in unit {unit or ''!r}; {_UNITS[vital]}: convert it first")


def read_people(shop: Workshop, dm: Source, *, arms: bool) -> None:
    """Make the table ``people`` of a DM domain, or of a table with SubjectID, Age, Sex and SiteID.

    Args:
        shop: the database.
        dm: the file.
        arms: whether the arms are needed from it.

    Raises:
        SpecError: if a column is missing, a subject stands there twice, or an age is no number.
    """
    plain = "USUBJID" not in dm and "SubjectID" in dm
    subject, arm = ("SubjectID", "TreatmentArm") if plain else ("USUBJID", "ARM")
    needed, optional = ((subject, arm), ()) if arms else ((subject,), (arm,))
    dm.table("dm", needed, (*optional, "AGE", "SEX", "SITEID"))
    dm.refuse_text("dm", "AGE")
    shop.run(_PEOPLE.format(subject=subject, arm=arm))
    twice = shop.value("SELECT subject FROM people GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1")
    if twice is not None:
        raise SpecError(f"{dm.path}: subject {twice!r} stands there twice; keep one row a subject")
