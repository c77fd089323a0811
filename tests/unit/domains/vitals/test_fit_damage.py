"""Pilots that were cut, bent or written by other programs: seen, named, or read for what they mean."""

from __future__ import annotations

import gzip
from pathlib import Path

import polars as pl
import pytest

from rowmill.core.errors import SpecError, UsageError
from rowmill.domains.vitals.fit import files
from rowmill.domains.vitals.fit.fitting import fit
from rowmill.domains.vitals.fit.names import choose_arms
from rowmill.domains.vitals.fit.settings import PilotReading
from rowmill.domains.vitals.fit.xport import refuse_cut
from support.pilots import plain, sdtm, trial

HEADER = "USUBJID,VSTESTCD,VISIT,VSORRES,VSORRESU\n"
ROW = "S-{},SYSBP,BASELINE,120,mmHg\n"


@pytest.fixture(scope="module")
def data():
    return trial(12)


@pytest.fixture(scope="module")
def pilot(data, tmp_path_factory):
    return sdtm(tmp_path_factory.mktemp("pilot"), data, "csv")


@pytest.fixture(scope="module")
def transport(data, tmp_path_factory):
    return sdtm(tmp_path_factory.mktemp("xpt"), data, "xpt")


@pytest.fixture(scope="module")
def model(pilot):
    return fit(*pilot).model


def changed(path, target, change):
    """Write a changed copy of a CSV file and return its path."""
    change(pl.read_csv(path, infer_schema=False)).write_csv(target)
    return str(target)


def test_a_cut_transport_file_is_refused_wherever_it_was_cut(transport, tmp_path):
    vs, dm = transport
    whole = Path(vs).read_bytes()
    refuse_cut(vs)
    refuse_cut(dm)
    target = tmp_path / "cut.xpt"
    unseen = 0
    for size in (len(whole) // 2 + 37, len(whole) - 1, *range(len(whole) // 80 * 80 - 80, len(whole) // 2, -800)):
        target.write_bytes(whole[:size])
        try:
            refuse_cut(str(target))
        except UsageError as error:
            assert "fetch it again, as binary" in str(error)  # noqa: PT017
        else:
            unseen += 1
    assert unseen <= 2
    target.write_bytes(whole[: len(whole) // 2 + 37])
    with pytest.raises(UsageError, match=r"cut.xpt: got [\d,]+ bytes, which is no multiple of 80"):
        fit(str(target), dm)


@pytest.mark.parametrize("blanks", [80, 240, 8000])
def test_blanks_below_the_last_row_of_a_transport_file_are_no_damage(transport, tmp_path, model, blanks):
    padded = tmp_path / "padded.xpt"
    padded.write_bytes(Path(transport[0]).read_bytes() + b" " * blanks)

    assert fit(str(padded), transport[1]).model == model


@pytest.mark.parametrize("version", [5, 8])
def test_transport_files_of_other_writers_are_whole_or_named(tmp_path, version):
    import pyreadstat

    path = str(tmp_path / "f.xpt")
    frame = pl.DataFrame({"USUBJID": [f"S-{n:03}" for n in range(100)], "LONGTEXT": ["x" * n for n in range(100)]})
    pyreadstat.write_xport(frame, path, file_format_version=version)
    refuse_cut(path)
    content = Path(path).read_bytes()
    (tmp_path / "f.xpt").write_bytes(content[:-160])

    with pytest.raises(UsageError, match="ends in the middle" if version == 5 else "ends in the middle|holds 98"):
        refuse_cut(path)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("S-99,SYSBP\n", "row 21: got 2 values under a header of 5"),
        ("S-99,SYSBP,BASELINE,120,mmHg,7\n", "row 21: got 6 values under a header of 5"),
        ("N = 1736\n", "row 21: got 1 value under a header of 5"),
        ("S-99,SYS", "row 21: got 2 values under a header of 5"),
    ],
)
@pytest.mark.parametrize(("separator", "before"), [(",", 20), (";", 25_000)])
def test_an_uneven_row_is_named(tmp_path, row, said, separator, before):
    text = HEADER + "".join(ROW.format(n) for n in range(before)) + row
    path = tmp_path / "vs.csv"
    path.write_text(text.replace(",", separator))

    with pytest.raises(UsageError, match=said.replace("21", str(before + 1))) as caught:
        fit(str(path), str(path))

    assert len(str(caught.value).splitlines()) == 1


def test_text_in_other_encodings_is_read_and_said(pilot, model, tmp_path):
    named = changed(pilot[0], tmp_path / "n.csv", lambda f: f.with_columns(VSREASND=pl.lit("Gerät – défaut")))
    text = Path(named).read_text("utf-8")
    for encoding, called in (("cp1252", "Windows-1252"), ("utf-16", "UTF-16")):
        (tmp_path / "e.csv").write_bytes(text.encode(encoding))

        found = fit(str(tmp_path / "e.csv"), pilot[1])

        assert found.model == model
        assert any(f"read as {called}" in note for note in found.pilot.notes)


def test_transport_files_in_windows_1252_are_read_and_said(transport, model, tmp_path):
    content = Path(transport[0]).read_bytes()
    study = content.rindex(b"ROWMILL-SIMVS")
    (tmp_path / "e.xpt").write_bytes(content[:study] + b"ROWMILL\x96" + content[study + 8 :])

    found = fit(str(tmp_path / "e.xpt"), transport[1])

    assert found.model == model
    assert any("read as Windows-1252" in note for note in found.pilot.notes)


@pytest.mark.parametrize("word", ["NA", "."])
def test_words_for_missing_are_no_arm_no_position_and_no_reading(pilot, model, tmp_path, word):
    temperature = pl.col("VSTESTCD") == "TEMP"
    vs = changed(
        pilot[0],
        tmp_path / "vs.csv",
        lambda f: pl.concat(
            [
                f.with_columns(VSPOS=pl.when(temperature).then(pl.lit(word)).otherwise("VSPOS")),
                f.head(5).with_columns(VSSTRESN=pl.lit(word), VSORRES=pl.lit(word), VSSTAT=pl.lit(word)),
            ]
        ),
    )
    dm = changed(
        pilot[1],
        tmp_path / "dm.csv",
        lambda f: pl.concat(
            [f, f.head(3).with_columns(USUBJID="SF" + pl.col("SUBJID"), ARM=pl.lit(word), AGE=pl.lit(word))]
        ),
    )

    found = fit(vs, dm)

    assert found.model == model
    assert dict(found.pilot.left_out) == {"no arm": 3}


def test_words_for_missing_in_a_plain_table_are_no_readings(data, tmp_path):
    path = plain(tmp_path, data)
    worded = changed(
        path,
        tmp_path / "w.csv",
        lambda f: f.with_row_index("n").with_columns(
            SystolicBP=pl.when(pl.col("n") % 6 == 0).then(pl.lit("NA")).otherwise("SystolicBP")
        ),
    )
    empty = changed(
        worded, tmp_path / "e.csv", lambda f: f.with_columns(SystolicBP=pl.col("SystolicBP").replace("NA", ""))
    )

    assert fit(worded).model == fit(empty).model


@pytest.mark.parametrize("arm", ["Unassigned", "NOT ALLOCATED", "Unallocated", "Screen Failure", "Not Enrolled"])
def test_subjects_who_were_never_assigned_stay_out(arm):
    assert [known.of for known in choose_arms("", {"Drug": 9, "Placebo": 9, arm: 2})] == [("Drug",), ("Placebo",)]


def test_two_arms_that_look_like_the_control_are_asked_about(pilot, tmp_path):
    dm = changed(
        pilot[1], tmp_path / "dm.csv",
        lambda f: f.with_columns(ARM=pl.col("ARM").replace("Active", "Placebo then Active")),
    )  # fmt: skip

    with pytest.raises(
        SpecError, match=r"all look like the control; .* --arms 'Active=Placebo then Active,Placebo=Placebo'"
    ):
        fit(pilot[0], dm)
    assert fit(pilot[0], dm, PilotReading(arms="Active=Placebo then Active,Placebo=Placebo")).pilot.subjects == [12, 12]


@pytest.mark.parametrize(("unit", "each"), [("Weeks", 365.25 / 7), ("HOURS", 8766)])
def test_ages_are_read_with_their_unit(pilot, model, tmp_path, unit, each):
    scaled = (pl.col("AGE").cast(pl.Float64) * each).cast(pl.String)
    dm = changed(pilot[1], tmp_path / "dm.csv", lambda f: f.with_columns(AGE=scaled, AGEU=pl.lit(unit)))

    found = fit(pilot[0], dm)

    assert found.model.people == model.people
    assert f"ages told in other units, converted to years: {unit.upper()} 24" in found.pilot.notes


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"AGEU": "DECADES"}, r"row 1: got AGE \d+ in AGEU 'DECADES'; they are YEARS, .* \(23 more such rows\)"),
        ({"AGE": "1e30"}, r"row 1: got AGE '1e30'; it must be a number"),
        ({"AGE": "999"}, r"row 1: got AGE 999 YEARS; an age lies in 0 … 130 years.* \(23 more such rows\)"),
        ({"AGE": "61,5"}, "write a decimal point, not a comma"),
    ],
)
def test_ages_that_are_none_are_refused(pilot, tmp_path, change, said):
    dm = changed(pilot[1], tmp_path / "dm.csv", lambda f: f.with_columns(**{k: pl.lit(v) for k, v in change.items()}))

    with pytest.raises(SpecError, match=said):
        fit(pilot[0], dm)


@pytest.mark.parametrize(
    ("value", "said"),
    [("36,06", "a result must be a number; write a decimal point"), ("1e30", "a result must be"), ("1e8", "lies in")],
)
def test_results_that_are_none_are_refused_with_their_number(pilot, tmp_path, value, said):
    vs = changed(
        pilot[0],
        tmp_path / "vs.csv",
        lambda f: f.with_columns(
            VSSTRESN=pl.when(pl.col("VSTESTCD") == "TEMP").then(pl.lit(value)).otherwise("VSSTRESN")
        ),
    )

    with pytest.raises(SpecError, match=said) as caught:
        fit(vs, pilot[1])

    assert len(str(caught.value).splitlines()) == 1


def test_swapped_pressures_are_refused(data, tmp_path):
    path = changed(
        plain(tmp_path, data), tmp_path / "s.csv",
        lambda f: f.rename({"SystolicBP": "DiastolicBP", "DiastolicBP": "SystolicBP"}),
    )  # fmt: skip

    with pytest.raises(SpecError, match="they seem to be swapped"):
        fit(path)


def test_a_file_of_too_many_rows_is_refused(pilot, tmp_path, monkeypatch):
    (tmp_path / "vs.csv.gz").write_bytes(gzip.compress(Path(pilot[0]).read_bytes()))
    parquet = str(tmp_path / "vs.parquet")
    pl.read_csv(pilot[0]).write_parquet(parquet)
    monkeypatch.setattr(files, "MAX_ROWS", 100)

    for path in (str(tmp_path / "vs.csv.gz"), parquet):
        with pytest.raises(UsageError, match="more than 100 rows"):
            fit(path, pilot[1])


@pytest.mark.parametrize(
    ("begins", "said"),
    [(bytes(12) + b"\xc2\xea\x81\x60", "a SAS data set"), (b"PK\x03\x04", "a workbook or an archive")],
)
def test_files_of_other_kinds_are_called_by_their_name(tmp_path, begins, said):
    (tmp_path / "vs").write_bytes(begins + bytes(2_000))

    with pytest.raises(UsageError, match=f"it is {said}.*; export the table as XPT, CSV or Parquet"):
        fit(str(tmp_path / "vs"))


def test_an_error_shows_no_line_of_a_file_that_is_no_table(pilot, tmp_path):
    (tmp_path / "other").write_text("root:x:0:0:secret:/root:/bin/sh\nuser:x:1:1:secret:/:/bin/sh\n")

    for pair in ((str(tmp_path / "other"), pilot[1]), (pilot[0], str(tmp_path / "other"))):
        with pytest.raises(UsageError) as caught:
            fit(*pair)
        assert "secret:" not in str(caught.value)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_a_compressed_text_that_breaks_off_is_refused_in_one_line(pilot, tmp_path, share):
    whole = gzip.compress(Path(pilot[0]).read_bytes())
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(whole[: int(len(whole) * share)])

    with pytest.raises(
        UsageError, match=r"cut.csv.gz: cannot be read as XPT, CSV or Parquet: [^\n]*GZIP((?!SELECT)[^\n])*$"
    ):
        fit(str(cut), pilot[1])
