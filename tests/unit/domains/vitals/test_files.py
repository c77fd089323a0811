"""Vitals where they land: transport files, a choice of tables, and what is counted of the rows."""

from __future__ import annotations

import json
from collections import Counter

import polars as pl
import pyreadstat
import pytest

import rowmill
from rowmill.cli.main import main
from rowmill.core.errors import DestinationError, UsageError
from rowmill.domains.vitals.settings import PRESETS
from rowmill.run.books.manifest import read
from rowmill.run.checks.verify import verify
from rowmill.run.request import Slice
from rowmill.run.runner import finalize, write
from rowmill.run.settings import RunSettings

SDTM = ("vs", "dm")
ALL = ("vitals", "vs", "subjects", "dm", "truth")


def trial(**fields):
    return rowmill.dataset("vitals", seed=5, **{"subjects_per_arm": 120, **PRESETS["realistic"], **fields})


def land(data, out, **settings):
    return data.write(out, settings={"workers": 1, **settings})


def transported(out, table):
    """Return the rows of a table's transport files as another reader finds them."""
    files = sorted(out.glob(f"{table}/*.xpt"))
    return pl.concat([pyreadstat.read_xport(str(path), output_format="polars")[0] for path in files])


def comparable(frame):
    """Return a frame as a transport file holds it: numbers are doubles, and a missing text is empty."""
    return frame.with_columns(pl.selectors.numeric().cast(pl.Float64), pl.selectors.string().fill_null(""))


@pytest.mark.parametrize("settings", [{}, {"part_rows": 700}, {"single_file": True, "name": "{table}"}])
def test_another_reader_finds_in_transport_files_what_parquet_holds(tmp_path, settings):
    data = trial()

    plain = land(data, tmp_path / "parquet", tables="vs,dm")
    found = land(data, tmp_path / "xpt", tables=SDTM, format="xpt", **settings)

    assert found.digest == plain.digest
    for table in SDTM:
        expected = pl.read_parquet(tmp_path / "parquet" / table)
        assert transported(tmp_path / "xpt", table).equals(comparable(expected)), table
    assert verify(tmp_path / "xpt").ok


def test_a_transport_file_names_the_domain_and_no_hour_of_the_day(tmp_path):
    data = trial()
    for out in ("one", "two"):
        land(data, tmp_path / out, tables=SDTM, format="xpt", single_file=True, name="{table}")

    first, second = ((tmp_path / out / "vs/vs.xpt").read_bytes() for out in ("one", "two"))
    about = pyreadstat.read_xport(str(tmp_path / "one/vs/vs.xpt"), output_format="dict", metadataonly=True)[1]

    assert first == second
    assert (about.table_name, about.file_label) == ("VS", "Vital Signs")
    assert about.column_labels == [field.label for field in data["vs"].schema.fields]
    assert about.creation_time.isoformat() == about.modification_time.isoformat() == "1960-01-01T00:00:00"


def test_a_changed_transport_file_is_noticed(tmp_path):
    land(trial(), tmp_path / "out", tables=SDTM, format="xpt", single_file=True, name="{table}")
    path = tmp_path / "out/vs/vs.xpt"
    data = path.read_bytes()

    for at in (300, 1000, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
        assert not verify(tmp_path / "out").ok, at


def test_tables_of_another_shape_are_refused_before_anything_is_written(tmp_path):
    for tables, said in ((None, "SubjectID of vitals"), ("truth,vs", "Parameter of truth")):
        with pytest.raises(UsageError, match=f"format xpt: column {said} has a name of over 8"):
            land(trial(), tmp_path / "out", format="xpt", tables=tables)
    visits = [{"name": "Woche ½", "day": 1, "dosed": False}, {"name": "Woche 2", "day": 14}]
    named = trial(method="rules", visits=visits)
    with pytest.raises(UsageError, match="VISIT of vs may be 'WOCHE ½'"):
        land(named, tmp_path / "out", format="xpt", tables="vs")

    assert not (tmp_path / "out").exists()


def test_the_wide_tables_are_written_unless_others_are_asked_for(tmp_path):
    data = trial()

    written = {
        "default": land(data, tmp_path / "default"),
        "all": land(data, tmp_path / "all", tables=ALL),
        "one": land(data, tmp_path / "one", tables="dm"),
    }

    assert list(written["default"].tables) == ["vitals", "subjects", "truth"]
    assert list(written["all"].tables) == list(ALL)
    assert list(written["one"].tables) == ["dm"]
    assert written["one"].rows == 240
    for name, table in (*written["default"].tables.items(), *written["one"].tables.items()):
        assert table == written["all"].tables[name]
    for out, summary in written.items():
        assert verify(tmp_path / out).ok
        assert sorted(path.name for path in (tmp_path / out).glob("[a-z]*")) == sorted(summary.tables)


def test_a_destination_knows_which_tables_it_holds(tmp_path):
    data = trial()
    land(data, tmp_path, tables=("dm", "vs"))

    assert land(data, tmp_path, tables="vs,dm").skipped
    with pytest.raises(DestinationError, match="tables is"):
        land(data, tmp_path)
    with pytest.raises(DestinationError, match="tables is"):
        land(data, tmp_path, tables="vs")


def test_machines_share_the_tables_that_were_asked_for(tmp_path):
    data, settings = trial(), RunSettings(out=str(tmp_path / "shared"), tables=SDTM, part_rows=500, workers=1)
    whole = land(data, tmp_path / "whole", tables=SDTM)

    for machine in (2, 1):
        write(data.model, settings, Slice(part=(machine, 2)))

    assert finalize(tmp_path / "shared").digest == whole.digest


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tables": "dn,subject"}, r"table 'dn': .*\ntable 'subject': .* did you mean 'subjects'"),
        ({"tables": ()}, "none given"),
    ],
)
def test_tables_that_do_not_exist_are_refused(tmp_path, settings, said):
    with pytest.raises(UsageError, match=said):
        land(trial(), tmp_path / "out", **settings)


def test_columns_of_a_main_table_that_is_not_written_are_refused(tmp_path):
    with pytest.raises(UsageError, match="vitals, which is not among the tables"):
        trial().write(tmp_path / "out", columns=["SystolicBP"], settings={"tables": "vs"})


def test_the_share_that_limits_moved_is_the_share_that_differs_without_limits(tmp_path):
    narrow = {"systolic": (110, 150), "diastolic": (60, 90), "heart_rate": (60, 80), "temperature": (36.2, 37.0)}
    free = {"systolic": (0, 400), "diastolic": (0, 390), "heart_rate": (0, 400), "temperature": (30.0, 45.0)}
    held, loose = (trial(ranges=ranges) for ranges in (narrow, free))

    one, other = (data["vitals"].to_polars().drop_nulls() for data in (held, loose))
    long, long_free = (data["vs"].to_polars()["VSSTRESN"] for data in (held, loose))
    moved = pl.any_horizontal(
        one[name] != other[name] for name in ("SystolicBP", "DiastolicBP", "HeartRate", "Temperature")
    )
    summary = land(held, tmp_path / "out", tables=ALL, workers=2, part_rows=100)

    rows = {name: table.rows for name, table in summary.tables.items()}
    assert summary.tables["vitals"].shares == {"adjusted": one.select(moved).to_series().sum() / rows["vitals"]}
    assert summary.tables["vs"].shares == {"adjusted": (long != long_free).sum() / rows["vs"]}
    assert summary.tables["vitals"].shares["adjusted"] > 0.5
    assert read(tmp_path / "out").tables["vitals"].shares == summary.tables["vitals"].shares
    assert summary.tables["dm"].shares == {}


def pilot_file(path):
    """Write a small plain pilot and return its rows."""
    pilot = rowmill.dataset("vitals", seed=2, subjects_per_arm=12, method="rules")["vitals"].to_polars()
    pilot.write_csv(path)
    return pilot


def test_the_share_of_copied_visits_is_reported(tmp_path):
    pilot = pilot_file(tmp_path / "pilot.csv")
    files = {"pilot": tmp_path / "pilot.csv"}
    spec = {"seed": 5, "subjects_per_arm": 300, "method": "bootstrap"}
    near, far = (rowmill.dataset("vitals", inputs=files, smoothing=h, **spec) for h in (0, 1))

    shares = [land(data, tmp_path / str(n)).tables["vitals"].shares["copied"] for n, data in enumerate((near, far))]

    seen = pilot.columns[1:]
    rows = near["vitals"].to_polars()
    of_anybody = rows.join(pilot, on=seen, how="semi").height / rows.height
    assert 0.05 < shares[0] <= of_anybody
    assert shares[1] < 0.01


def test_a_command_writes_the_tables_asked_for_and_says_what_was_adjusted(tmp_path, capfd):
    command = ["generate", "vitals", "--set", "data.seed=1", "--set", "data.subjects_per_arm=40", "--tables", "dm, vs"]

    code = main([*command, "--out", str(tmp_path / "out"), "--format", "xpt", "--json"])

    said = json.loads(capfd.readouterr().out)
    assert code == 0
    assert Counter(path.suffix for path in (tmp_path / "out").glob("[a-z]*/*")) == {".xpt": 2}
    assert set(said["tables"]["vs"]["shares"]) == {"adjusted"}
