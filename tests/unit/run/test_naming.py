from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import UsageError
from rowmill.model.dataset import USUAL_FILES
from rowmill.model.part import Part
from rowmill.run.naming import names_of
from rowmill.sinks.layout import Layout
from support.toy import toy

MAIN, OTHER, CATALOG = (Part(table, 3, 0, 1, 0, 1) for table in ("events", "remarks", "things"))
CLOSED, OPEN = toy(rows=12_000), toy(rows=50, days=None)


def names(template=USUAL_FILES.name, dataset=CLOSED, windows=range(2, 4), **layout):
    return names_of(dataset, Layout(name=template, **layout), windows, ".parquet")


def test_default_names_say_domain_rows_date_and_part():
    made = names()

    assert made.file(MAIN, 0) == "toy_12K_2025-11-30_00003.parquet"
    assert made.file(OTHER, 0) == "toy_remarks_12K_2025-11-30_00003.parquet"
    assert made.file(CATALOG, None) == "toy_things_12K_2025-12-02_00003.parquet"


def test_an_open_period_has_daily_rows_and_catalogs_of_its_first_day():
    made = names(dataset=OPEN)

    assert made.file(MAIN, 0) == "toy_daily_2025-11-30_00003.parquet"
    assert made.file(CATALOG, None) == "toy_things_daily_2025-11-27_00003.parquet"


def test_a_template_with_the_table_needs_no_other_mark():
    assert names("{table}.{part}").file(OTHER, 0) == "remarks.00003.parquet"


@pytest.mark.parametrize(
    ("level", "folder"),
    [
        (None, "events"),
        ("year", "events/year=2025"),
        ("month", "events/year=2025/month=12"),
        ("day", "events/year=2025/month=12/day=01"),
    ],
)
def test_partitions_are_folders_of_the_windows_day(level, folder):
    made = names(partition_by=level)

    assert made.folder("events", CLOSED.calendar, 4) == folder
    assert made.folder("things", CLOSED.calendar, None) == "things"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{dat}_{part}", r"unknown field \{dat\}; did you mean 'date'"),
        ("{part:03}", r"unknown field \{part\}"),
        ("{part!r}", r"unknown field"),
        ("{}_{part}", r"unknown field \{\}"),
        ("{part", r"write fields as \{part\}"),
        ("{date}", r"gives all files of a table one name; add \{part\}"),
        ("../{part}", r"makes '\.\./00000\.parquet'; use letters"),
        ("a/{part}", r"makes 'a/00000\.parquet'"),
        ("_{part}", "begin with a letter or digit"),
        (".{part}", "begin with a letter or digit"),
        ("a\n{part}", "use letters, digits"),
    ],
)
def test_templates_that_make_no_good_names_are_refused(template, message):
    with pytest.raises(UsageError, match=message):
        names(template)


def test_one_file_a_table_needs_no_part():
    assert names("{domain}", single_file=True).file(MAIN, 0) == "toy.parquet"


@given(st.text(max_size=12))
def test_a_template_is_refused_or_makes_one_plain_name(template):
    try:
        made = names(template + "{part}").file(MAIN, 0)
    except UsageError:
        return
    assert made
    assert not set(made) & set('/\\\0\n*?"<>|')
    assert made[0] not in "._-"


def test_a_partition_may_not_have_the_name_of_a_column(monkeypatch):
    from dataclasses import replace

    from support import toy as module

    fields = tuple(replace(f, name="month") if f.name == "level" else f for f in module.EVENTS.fields)
    monkeypatch.setattr(module, "EVENTS", replace(module.EVENTS, fields=fields))

    with pytest.raises(UsageError, match="table events has a column 'month' of its own; choose a coarser level"):
        names(dataset=toy(), partition_by="day")
    assert names(dataset=toy(), partition_by="year")
