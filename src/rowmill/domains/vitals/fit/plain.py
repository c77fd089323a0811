"""The plain table: one row a subject and visit, one column a vital sign, into the table of readings."""

from __future__ import annotations

from rowmill.core.errors import SpecError
from rowmill.domains.vitals.fit.files import PilotFile, Workshop
from rowmill.domains.vitals.model import VITALS

_COLUMNS = ("SubjectID", "VisitName", "TreatmentArm", *VITALS)
_READINGS = """
    CREATE TABLE visit_row AS
    SELECT *, min(_row) OVER (PARTITION BY SubjectID, VisitName) AS first
    FROM plain_file WHERE SubjectID IS NOT NULL AND VisitName IS NOT NULL;
    CREATE TABLE reading AS
    SELECT _row, SubjectID AS subject, VisitName AS visit, CAST(NULL AS DOUBLE) AS number,
        CAST(NULL AS DOUBLE) AS planned, CAST(NULL AS DOUBLE) AS happened, CAST(NULL AS VARCHAR) AS day,
        CAST(NULL AS VARCHAR) AS moment, CAST(NULL AS DOUBLE) AS sequence, CAST(NULL AS DOUBLE) AS point_number,
        CAST(NULL AS VARCHAR) AS point, vital, false AS fahrenheit,
        CAST(round(CAST(text AS DOUBLE) * 1000) AS BIGINT) AS milli
    FROM (
        SELECT *, unnest([0, 1, 2, 3]) AS vital, unnest([SystolicBP, DiastolicBP, HeartRate, Temperature]) AS text
        FROM visit_row WHERE NOT $first_only OR _row = first
    ) WHERE text IS NOT NULL;
    CREATE TABLE randomised AS
    SELECT SubjectID AS subject, min(TreatmentArm) AS arm, max(TreatmentArm) AS other FROM visit_row GROUP BY 1"""


def read_plain(shop: Workshop, source: PilotFile, duplicates: str | None) -> list[str]:
    """Make the tables ``reading`` and ``randomised`` (each subject's arm); return what there is to tell.

    Args:
        shop: the database.
        source: table with SubjectID, VisitName, TreatmentArm and the four vital signs in mmHg, beats/min and °C.
        duplicates: ``first``, else the mean is taken of doubled rows of a subject and visit.

    Raises:
        SpecError: if a column is missing, a value is no number, or a subject has two arms.
    """
    source.table("plain_file", _COLUMNS)
    for vital in VITALS:
        source.refuse_text("plain_file", vital)
    shop.run(_READINGS.replace("$first_only", str(duplicates == "first").lower()))
    torn = shop.rows("SELECT subject, arm, other FROM randomised WHERE arm <> other ORDER BY 1 LIMIT 1")
    if torn:
        subject, arm, other = torn[0]
        raise SpecError(f"{source.path}: subject {subject!r} has arms {arm!r} and {other!r}; give each subject one arm")
    doubled = shop.value("SELECT count(*) FROM visit_row WHERE _row > first")
    how = "the first one of each was taken" if duplicates == "first" else "their mean was taken"
    told = [f"doubled rows: {doubled:,} repeat a subject and visit; {how}"] if doubled else []
    lost = shop.value("SELECT count(*) FROM plain_file WHERE SubjectID IS NULL OR VisitName IS NULL")
    return [*told, *([f"rows without SubjectID or VisitName, left out: {lost:,}"] if lost else [])]
