"""Paths as users give them: homes, and places that are no folder of this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.cli.conftest import Rowmill

RUN = "generate payments --rows 40 --seed 3 --workers 1 --quiet --out"


def test_a_home_is_meant_by_its_sign(rowmill: Rowmill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    for folder in (home, here):
        folder.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(here)
    (home / "c.yaml").write_text("run: {out: ~/from_file}")

    answers = [
        rowmill(RUN, "~/flag"),
        rowmill("generate payments --rows 40 --seed 3 --workers 1 --quiet --config=~/c.yaml"),
        rowmill("generate payments --rows 40 --seed 3 --workers 1 --quiet --set run.out=~/set"),
        *(rowmill(f"{command} ~/flag") for command in ("info", "verify --quiet", "diff ~/set")),
    ]

    assert [answer for answer in answers if answer.code] == []
    assert sorted(path.name for path in home.iterdir()) == ["c.yaml", "flag", "from_file", "set"]
    assert not any(here.iterdir())


@pytest.mark.parametrize("out", ["file:rel", "hdfs:x", "s3:/b", "C:\\x"])
@pytest.mark.parametrize("line", [RUN, "info", "verify", "finalize", "diff .", "dbt build"])
def test_what_is_no_folder_here_is_refused(
    rowmill: Rowmill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if line.startswith("diff"):
        rowmill(RUN, ".")
        before = sorted(tmp_path.iterdir())
    else:
        before = []

    answer = rowmill(line, out)

    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("rowmill: ")
    assert answer.err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_link_that_leads_nowhere_is_said(rowmill: Rowmill, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "gone")

    answer = rowmill(RUN, tmp_path / "link")

    assert answer.code == 2
    assert f"{tmp_path}/link: is a link to {tmp_path}/gone, which is not there; make that folder" in answer.err
