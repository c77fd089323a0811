"""SDTM: the VS domain, one row a test and reading, into the table of readings; the DM domain into the table of people.

Read are systolic and diastolic pressure, pulse (or heart rate where no pulse was taken) and temperature; other tests
stay aside. Several readings of a visit stay several rows, each with its day and its time point; a test that was not
done has no value.
"""

from __future__ import annotations

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.fit.files import PilotFile, Workshop, is_number, others
from rowmill.domains.vitals.fit.settings import PilotReading
from rowmill.model.missing import number_hint

ANY_POSITION = "ANY"
_TESTS = ("SYSBP", "DIABP", "PULSE (or HR)", "TEMP")
_UNITS = ("pressures are in mmHg", "pressures are in mmHg", "pulse is in beats/min", "temperatures are in C or F")
_VS = ("USUBJID", "VSTESTCD", "VISIT")
_ORIGINAL, _STANDARD = ("VSORRES", "VSORRESU"), ("VSSTRESN", "VSSTRESU")
_MORE = (
    *("VSSTAT", "VISITNUM", "VISITDY", "VSDY", "VSDTC", "VSSEQ", "VSPOS"),
    *("VSTPT", "VSTPTNUM", "VSELTM", "VSTPTREF"),
)
_TEMPERATURE = 3
_SHOWN = 4
_LONGEST = 8
_RESULTS = """
    CREATE TABLE result AS
    SELECT _row, USUBJID AS subject, t.code, t.vital, t.rank, VISIT AS visit, try_cast(VISITNUM AS DOUBLE) AS number,
        try_cast(VISITDY AS DOUBLE) AS planned, try_cast(VSDY AS DOUBLE) AS happened, upper(VSPOS) AS position,
        coalesce(VSDTC[1:10], 'day ' || VSDY) AS day, VSDTC AS moment, try_cast(VSSEQ AS DOUBLE) AS sequence,
        try_cast(VSTPTNUM AS DOUBLE) AS point_number, upper(VSTPT) AS point_name, upper(VSELTM) AS point_time,
        upper(coalesce(VSTPT, VSELTM, 'VSTPTNUM ' || VSTPTNUM) || coalesce(' (' || VSTPTREF || ')', '')) AS point,
        coalesce(VSSTRESN, VSORRES) AS text, CASE WHEN VSSTRESN IS NOT NULL THEN VSSTRESU ELSE VSORRESU END AS unit,
        coalesce(VSORRESU, VSSTRESU) AS original_unit
    FROM vs JOIN (VALUES ('SYSBP', 0, 0), ('DIABP', 1, 0), ('PULSE', 2, 0), ('HR', 2, 1), ('TEMP', 3, 0))
        t(code, vital, rank) ON upper(VSTESTCD) = t.code
    WHERE coalesce(upper(VSSTAT), '') <> 'NOT DONE' AND coalesce(VSSTRESN, VSORRES) IS NOT NULL
        """
_IS_READ = "upper(VSTESTCD) IN ('SYSBP', 'DIABP', 'PULSE', 'HR', 'TEMP')"
_WITHOUT_RESULT = f"""
    SELECT count(*) FILTER (text IS NOT NULL AND stat = 'NOT DONE'),
        count(*) FILTER (text IS NULL AND stat <> 'NOT DONE')
    FROM (SELECT coalesce(VSSTRESN, VSORRES) AS text, coalesce(upper(VSSTAT), '') AS stat FROM vs
        WHERE {_IS_READ})"""  # noqa: S608 - no text of a user
_KNOWN_UNITS = """
    CREATE TABLE known_unit AS SELECT * FROM (VALUES
        (0, 'MMHG', false), (0, 'MM[HG]', false), (1, 'MMHG', false), (1, 'MM[HG]', false),
        (2, 'BEATS/MIN', false), (2, 'BEATS/MINUTE', false), (2, 'BPM', false), (2, '/MIN', false), (2, '1/MIN', false),
        (3, 'C', false), (3, 'CEL', false), (3, 'DEGC', false), (3, 'CELSIUS', false),
        (3, 'F', true), (3, '[DEGF]', true), (3, 'DEGF', true), (3, 'FAHRENHEIT', true)) u(vital, unit, fahrenheit);
    CREATE MACRO bare(unit) AS upper(replace(replace(unit, ' ', ''), '°', ''))"""
_READINGS = """
    CREATE TABLE reading AS
    SELECT _row, subject, visit, number, planned, happened, day, moment, sequence, point_number, point, r.vital,
        coalesce(o.fahrenheit, u.fahrenheit) AS fahrenheit,
        CASE WHEN u.fahrenheit THEN CAST(round((CAST(text AS DOUBLE) - 32) * 5000 / 9) AS BIGINT)
             ELSE CAST(round(CAST(text AS DOUBLE) * 1000) AS BIGINT) END AS milli
    FROM result r JOIN known_unit u ON r.vital = u.vital AND bare(r.unit) = u.unit
        LEFT JOIN known_unit o ON r.vital = o.vital AND bare(r.original_unit) = o.unit"""


def read_sdtm(shop: Workshop, vs: PilotFile, reading: PilotReading) -> list[str]:
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
    told = [*_unplaced(shop), *_tests(shop, vs)]
    told += _positions(shop, reading.position.upper())
    told += _time_points(shop, reading.timepoint.strip().upper())
    _check(shop, vs)
    shop.run(_READINGS)
    return told


def _unplaced(shop: Workshop) -> list[str]:
    """Leave out what is no reading, or one of nobody or of no visit, counted."""
    undone, empty = shop.rows(_WITHOUT_RESULT)[0]
    nameless = shop.value("SELECT count(*) FROM vs WHERE VSTESTCD IS NULL")
    told = [f"rows without VSTESTCD, left out: {nameless:,}"] if nameless else []
    told += _other_tests(shop)
    told += [f"results of tests that VSSTAT calls NOT DONE, left out: {undone:,}"] if undone else []
    told += [f"tests without a result, left out: {empty:,}"] if empty else []
    for column, name in (("subject", "USUBJID"), ("visit", "VISIT")):
        number = shop.value(f"SELECT count(*) FROM result WHERE {column} IS NULL")  # noqa: S608
        if number:
            shop.run(f"DELETE FROM result WHERE {column} IS NULL")  # noqa: S608
            told.append(f"readings without {name}, left out: {number:,}")
    return told


def _other_tests(shop: Workshop) -> list[str]:
    found = shop.rows(f"SELECT upper(VSTESTCD), count(*) FROM vs WHERE NOT {_IS_READ} GROUP BY 1 ORDER BY 2 DESC, 1")  # noqa: S608
    codes = ", ".join(code[:_LONGEST] for code, _ in found[:_SHOWN]) + (", …" if len(found) > _SHOWN else "")
    return [f"rows of other tests ({codes}), left out: {sum(number for _, number in found):,}"] if found else []


def _tests(shop: Workshop, vs: PilotFile) -> list[str]:
    """Keep one test a vital sign."""
    best = dict(shop.rows("SELECT vital, min(rank) FROM result GROUP BY 1"))
    for vital, code in enumerate(_TESTS):
        if vital not in best:
            raise SpecError(f"{vs.path}: no result of {code} at a visit; {', '.join(_TESTS)} are needed")
    if best[2]:
        return ["heart rate: test HR, for no PULSE was taken"]
    beside = shop.value("SELECT count(*) FROM result WHERE vital = 2 AND rank > 0")
    shop.run("DELETE FROM result WHERE vital = 2 AND rank > 0")
    return [f"readings of HR beside those of PULSE, left out: {beside:,}"] if beside else []


def _positions(shop: Workshop, position: str) -> list[str]:
    """Keep the readings in a position, vital by vital, where they have one; return what there is to tell."""
    if position == ANY_POSITION:
        return []
    found: list[dict[str | None, int]] = [
        dict(shop.rows("SELECT position, count(*) FROM result WHERE vital = ? GROUP BY 1", [vital]))
        for vital in range(len(_TESTS))
    ]
    known = [sorted(name for name in of if name is not None) for of in found]
    shared = [name for name in known[0] if all(name in names for names in known[:_TEMPERATURE] if names)]
    used: dict[str, list[str]] = {}
    for vital, (code, names) in enumerate(zip(_TESTS, known, strict=True)):
        short = code.partition(" ")[0]
        if names and position not in names:
            if vital != _TEMPERATURE:
                instead = f"--position {shared[0]}, or {ANY_POSITION}" if shared else f"--position {ANY_POSITION}"
                raise SpecError(
                    f"position: got {position}, but {code} was taken {', '.join(names)}; give {instead} for all"
                )
            used.setdefault(f"{', '.join(names)} too", []).append(short)
        elif names:
            shop.run("DELETE FROM result WHERE vital = ? AND position IS DISTINCT FROM ?", [vital, position])
            used.setdefault(position, []).append(short)
    told = [f"readings of {', '.join(codes)}: {which}" for which, codes in used.items()]
    told += [] if any(known) else ["readings do not say their position; all were taken"]
    filtered = [of for of in found if position in of]
    unsaid = sum(of.get(None, 0) for of in filtered)
    other = sum(sum(of.values()) - of[position] for of in filtered) - unsaid
    told += [f"readings in other positions, left out: {other:,}"] if other else []
    return [*told, *([f"readings that do not say their position, left out: {unsaid:,}"] if unsaid else [])]


def _time_points(shop: Workshop, wanted: str) -> list[str]:
    """Keep the readings of a time point, vital by vital, where they have one; return what there is to tell.

    A time point is asked for by what VSTPT, VSELTM or VSTPTNUM says, with or without its reference in brackets.
    """
    told: dict[str, list[str]] = {}
    before = shop.value("SELECT count(*) FROM result")
    for vital, code in enumerate(_TESTS):
        points = shop.rows(
            """SELECT point, count(*), bool_or(? IN (point, point_name, point_time)
                   OR try_cast(? AS DOUBLE) = point_number)
               FROM result WHERE vital = ? AND point IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1""",
            [wanted, wanted, vital],
        )
        if not points:
            continue
        kept = [point for point, _, matches in points if matches or not wanted]
        if not kept:
            there = ", ".join(repr(point) for point, *_ in points[:_SHOWN])
            raise SpecError(f"timepoint: got {wanted!r}, but {code} was taken at {there}; give one of them")
        if wanted:
            shop.run(
                """DELETE FROM result WHERE vital = ? AND NOT coalesce(list_contains(?, point), false) AND visit IN
                       (SELECT visit FROM result WHERE vital = ? AND point IS NOT NULL)""",
                [vital, kept, vital],
            )
        told.setdefault(", ".join(kept[:_SHOWN]) + (", …" if len(kept) > _SHOWN else ""), []).append(code.split()[0])
    if wanted and not told:
        raise SpecError(f"timepoint: got {wanted!r}, but no reading says its time point; leave it out")
    other = before - shop.value("SELECT count(*) FROM result")
    return [
        *(f"time point of {', '.join(codes)}: {points}" for points, codes in told.items()),
        *([f"readings at other time points, left out: {other:,}"] if other else []),
    ]


def _check(shop: Workshop, vs: PilotFile) -> None:
    bad = shop.rows(
        f"SELECT _row, code, text, count(*) OVER () FROM result WHERE NOT {is_number('text')} ORDER BY 1 LIMIT 1"  # noqa: S608
    )
    if bad:
        row, code, text, number = bad[0]
        raise SpecError(
            f"{vs.path}, row {row}: got {code} {text[:40]!r}; a result must be a number{number_hint(text)}; "
            f"correct it or leave it empty{others(number)}"
        )
    shop.run(_KNOWN_UNITS)
    bad = shop.rows(
        """SELECT _row, code, unit, r.vital, count(*) OVER () FROM result r
           ANTI JOIN known_unit u ON r.vital = u.vital AND bare(r.unit) = u.unit ORDER BY 1 LIMIT 1"""
    )
    if bad:
        row, code, unit, vital, number = bad[0]
        raise SpecError(
            f"{vs.path}, row {row}: got {code} in unit {unit or ''!r}; {_UNITS[vital]}: convert it first"
            f"{others(number)}"
        )
