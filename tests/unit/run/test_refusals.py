"""What a run is refused for, and what the refusal advises."""

from __future__ import annotations

import pytest

from rowmill.core.errors import DestinationError, UsageError
from rowmill.run.books.manifest import read
from rowmill.run.request import Slice
from rowmill.run.runner import finalize
from rowmill.sinks.registry import destination
from support.runs import land
from support.toy import toy

DATASET = toy(rows=900)


@pytest.mark.parametrize("mode", ["new", "resume", "overwrite"])
def test_a_run_under_way_is_not_called_unfinished(tmp_path, mode):
    land(DATASET, tmp_path, Slice(part=(1, 2)))

    with destination(str(tmp_path)).locks.hold("whole/run") as held:
        assert held
        with pytest.raises(DestinationError, match="slice whole is being written by another process"):
            land(DATASET, tmp_path, mode=mode)

    assert land(DATASET, tmp_path, mode="resume").rows == 900


def test_a_share_in_another_layout_is_refused_by_what_differs(tmp_path):
    land(DATASET, tmp_path, Slice(part=(1, 2)))

    with pytest.raises(DestinationError, match=r"in another layout \(compression is snappy there, zstd here\)"):
        land(DATASET, tmp_path, Slice(part=(2, 2)), compression="zstd")
    land(DATASET, tmp_path, Slice(part=(2, 2)))

    assert finalize(tmp_path).rows == 900


def test_an_unfinished_run_of_another_spec_is_called_one_and_may_be_dropped(tmp_path):
    land(DATASET, tmp_path, Slice(part=(1, 2)))

    said = r"holds an unfinished run of another spec, and nothing that was committed \(.*\); drop it with --overwrite"
    with pytest.raises(DestinationError, match=said):
        land(toy(rows=901), tmp_path)
    assert land(toy(rows=901), tmp_path, mode="overwrite").rows == 901


def test_another_seed_alone_is_told_which_one_stands_there(tmp_path):
    land(DATASET, tmp_path)

    with pytest.raises(
        DestinationError, match=r"\(seed is 7 there, 8 here\); give --seed 7 for the data there, or use"
    ):
        land(toy(rows=900, seed=8), tmp_path)
    with pytest.raises(DestinationError, match=r"rows is 900 there, 800 here.*\); use --overwrite"):
        land(toy(rows=800, seed=8), tmp_path)


def test_an_overwrite_says_which_slices_of_other_days_go(tmp_path, caplog):
    days = [Slice(windows=range(day, day + 1)) for day in range(3)]
    made = [land(toy(), tmp_path, day).slice for day in days]
    land(toy(), tmp_path, days[1], mode="overwrite")
    assert not caplog.records, "the same day alone"

    land(toy(seed=8), tmp_path, days[1], mode="overwrite")

    [record] = caplog.records
    assert f"2 slices ({made[0]}, {made[2]}) go once {made[1]} is there: --overwrite replaces them" in record.message
    assert [entry.label for entry in read(tmp_path).slices] == [made[1]]


def test_a_mode_and_a_number_of_shares_that_do_not_exist_are_refused_before_anything_is_written(tmp_path):
    with pytest.raises(UsageError, match="mode 'again': there is none; give one of new, resume, overwrite"):
        land(DATASET, tmp_path / "out", mode="again")
    with pytest.raises(UsageError, match="at most 1,000,000 shares"):
        Slice(part=(1, 10**11))

    assert not (tmp_path / "out").exists()
