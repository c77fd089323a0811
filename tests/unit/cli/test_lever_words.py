"""Words for missing in a file of levers, and what an error shows of a file that is none."""

from __future__ import annotations

import click
import pytest

from rowmill.api.config import ConfigDraft
from rowmill.cli.flags.levers import lay_levers
from rowmill.domains.registry import domain


def laid(path):
    draft = ConfigDraft(domain("workforce").spec_type)
    lay_levers(str(path), draft, simple=False)
    return draft


def test_words_for_missing_are_no_level_and_no_year(tmp_path):
    (tmp_path / "l.csv").write_text(
        "parameter_name,parameter_value,job_level,fiscal_year\nhire_rate,0.2,NA,null\ncola_rate,0.01,.,N/A\n"
    )

    draft = laid(tmp_path / "l.csv")

    assert draft.get("data.growth.hire_rate") == 0.2
    assert draft.get("data.raises.cost_of_living") == 0.01


@pytest.mark.parametrize("word", ["NA", "", "null"])
def test_a_lever_whose_value_is_missing_is_refused(tmp_path, word):
    (tmp_path / "l.csv").write_text(f"parameter_name,parameter_value\nhire_rate,{word}\n")

    with pytest.raises(click.UsageError, match="row 1: parameter_value is missing"):
        laid(tmp_path / "l.csv")


def test_an_error_shows_no_line_of_another_file(tmp_path):
    (tmp_path / "l").write_text("root:x:secret\nuser:x:secret\n")

    with pytest.raises(click.UsageError, match="has 1 column, whose first line is no header"):
        laid(tmp_path / "l")


def test_a_row_of_every_scenario_counts_where_none_of_its_own_does(tmp_path):
    (tmp_path / "l.csv").write_text(
        "parameter_name,parameter_value,job_level,fiscal_year,scenario_id\n"
        "cola_rate,0.01,,2025,default\ncola_rate,0.02,,2026,default\ncola_rate,0.03,,2026.0,baseline\n"
        "merit_base,0.02,,,default\nmerit_base,0.09,2.0,,baseline\nescalation.cap,0.20,1,,NA\n"
        + "".join(f"escalation.cap,0.2,{level},,baseline\n" for level in range(2, 6))
    )

    draft = laid(tmp_path / "l.csv")

    assert draft.get("data.raises.cost_of_living_by_year") == {"2025": 0.01, "2026": 0.03}
    assert [level["merit"] for level in draft.get("data.levels")] == [0.02, 0.09, 0.02, 0.02, 0.02]
    assert draft.get("data.escalation.cap") == 0.2
