from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rowmill
from rowmill.core.errors import UsageError
from rowmill.model.dataset import USUAL_FILES
from rowmill.model.part import Part
from rowmill.run.naming import folders_of, names_of
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
        ("a/b/{part}", "takes one folder, FOLDER/NAME; folders by time below it come from --partition-by"),
        ("{date:%Y/%m}{part}", "write fields as"),
        ("{table}/{date}", r"gives all files of a table one name; add \{part\}"),
        ("{date:%H}{part}", r"\{date:%H\} is no form of a day; known: %Y %y %m %d %j, as in \{date:%Y%m%d\}"),
        ("{date:%}{part}", "is no form of a day"),
        ("{date:%%}{part}", "is no form of a day"),
        ("{date:%Y{part}}{part}", "is no form of a day"),
        ("{date:../}{part}", "write fields as"),
        ("{date:10}{part:%Y}", r"unknown field \{part\}"),
        ("_{part}", "begin with a letter or digit"),
        (".{part}", "begin with a letter or digit"),
        ("a\n{part}", "use letters, digits"),
    ],
)
def test_templates_that_make_no_good_names_are_refused(template, message):
    with pytest.raises(UsageError, match=message):
        names(template)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{date:%Y%m%d}{_part}", "20251130.parquet"),
        ("{date:%d.%m.%y}-{date}-{part}", "30.11.25-2025-11-30-00003.parquet"),
        ("day {date:%j of %Y},{part}", "day 334 of 2025,00003.parquet"),
    ],
)
def test_a_date_is_written_as_its_form_says(template, name):
    assert names(template).file(MAIN, 0) == name


def test_a_year_has_no_months():
    years = rowmill.dataset("workforce", employees=10, start=2025, end=2026, seed=1).model
    part = Part("events", 0, 0, 1, 1, 2)

    assert names("{date:%y}{_part}", years, range(2), partition_by="simulation_year").file(part, 1) == "26.parquet"
    with pytest.raises(UsageError, match=r"\{date:%Y%m\} is no form of a year; known: %Y %y, as in \{date:%Y\}"):
        names("{date:%Y%m}{_part}", years, range(2))


@pytest.mark.parametrize(
    ("template", "folders"),
    [
        ("{part}", {}),
        ("{table}/{part}", {}),
        ("{domain}/{part}", {"events": "toy", "remarks": "toy_remarks", "things": "toy_things"}),
        ("raw_{table}/{part}", {"events": "raw_events", "remarks": "raw_remarks", "things": "raw_things"}),
    ],
)
def test_a_template_names_the_folders_of_tables(template, folders):
    assert folders_of(CLOSED, Layout(name=template), CLOSED.tables) == folders


def test_the_folder_and_the_name_tell_tables_apart_each_by_itself():
    made = names("{table}/{domain}{_part}")

    assert made.file(OTHER, 0) == "toy_remarks.parquet"


def test_one_table_may_have_any_folder():
    assert folders_of(CLOSED, Layout(name="payments/{part}"), ["remarks"]) == {"remarks": "payments"}


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("a/{part}", r"events and remarks would share the folder 'a'; put \{table\} or \{domain\} into it"),
        ("../{part}", r"makes the folder '\.\.'; use letters, digits and _, and begin with a letter"),
        ("/{part}", "makes the folder ''"),
        ("_rowmill/{part}", "makes the folder '_rowmill'"),
        (".{table}/{part}", r"makes the folder '\.events'"),
        ("{table}.parquet/{part}", "makes the folder"),
        ("year={table}/{part}", "makes the folder"),
        ("{table}\n/{part}", "makes the folder"),
        ("{date:%Y}/{part}", "folders by time come from --partition-by"),
        ("{rows}/{part}", r"the folder takes \{domain\} and \{table\} alone"),
        ("{table!r}/{part}", "unknown field"),
        ("{tabel}/{part}", "unknown field"),
    ],
)
def test_folders_that_lead_elsewhere_or_are_shared_are_refused(template, message):
    with pytest.raises(UsageError, match=message):
        folders_of(CLOSED, Layout(name=template), CLOSED.tables)


def test_folders_that_differ_in_case_alone_are_one_on_some_disks():
    tables = dict.fromkeys(("events", "Events"), CLOSED.tables["events"])

    with pytest.raises(UsageError, match="events and Events would share"):
        folders_of(replace(CLOSED, tables=tables), Layout(name="{table}/{part}"), tables)


@given(st.text(max_size=12))
def test_a_template_of_folders_is_refused_or_makes_plain_ones(template):
    try:
        made = folders_of(CLOSED, Layout(name=f"{template}/{{part}}"), CLOSED.tables)
    except UsageError:
        return
    folders = {made.get(table, table) for table in CLOSED.tables}
    assert len(folders) == 3
    assert all(re.fullmatch("[A-Za-z][A-Za-z0-9_]*", folder) for folder in folders)


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
    from support import toy as module

    fields = tuple(replace(f, name="month") if f.name == "level" else f for f in module.EVENTS.fields)
    monkeypatch.setattr(module, "EVENTS", replace(module.EVENTS, fields=fields))

    with pytest.raises(UsageError, match="table events has a column 'month' of its own; choose a coarser level"):
        names(dataset=toy(), partition_by="day")
    assert names(dataset=toy(), partition_by="year")
