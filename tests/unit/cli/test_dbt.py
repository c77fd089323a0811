"""``rowmill dbt``: what it says, refuses and leaves behind."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from rowmill.cli import main
from rowmill.core.errors import RowmillError
from rowmill.domains.workforce.sql.dbt import require_began
from support.dbt import needs_dbt
from unit.cli.conftest import Rowmill

needs_dbt()


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a destination with two years of 60 people."""
    place = tmp_path_factory.mktemp("workforce") / "out"
    assert main(["generate", "workforce", "--employees=60", "--years=2025,2026", "--seed=1", f"--out={place}"]) == 0
    return place


def test_copy_leaves_a_project_that_names_the_files(rowmill: Rowmill, out: Path, tmp_path: Path) -> None:
    answer = rowmill(f"dbt copy {out} {tmp_path}/project")

    assert answer.code == 0
    assert "dbt build" in answer.err
    assert str(out / "events") in (tmp_path / "project/dbt_project.yml").read_text("utf-8")
    assert "not empty" in rowmill(f"dbt copy {out} {tmp_path}/project").err


def test_models_read_the_folders_that_a_template_names(rowmill: Rowmill, tmp_path: Path) -> None:
    words = "generate workforce --employees=20 --years=2025 --seed=1 --quiet"
    rowmill(f"{words} --name hr_{{table}}/{{date}}{{_part}} --out {tmp_path}/out")

    assert rowmill(f"dbt copy {tmp_path}/out {tmp_path}/project").code == 0
    assert str(tmp_path / "out/hr_events") in (tmp_path / "project/dbt_project.yml").read_text("utf-8")


def test_what_holds_no_workforce_has_no_models(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"generate payments --rows 10 --seed 1 --out {tmp_path}/p --quiet")

    for command in ("build", "parity", "copy"):
        more = [f"{tmp_path}/project"] if command == "copy" else []
        answer = rowmill(f"dbt {command} {tmp_path}/p", *more)
        assert answer.code == 2
        assert "no SQL models" in answer.err
    assert "holds no finished run" in rowmill(f"dbt build {tmp_path}/nothing").err


def test_a_database_that_is_none_or_is_held_is_refused_by_name(rowmill: Rowmill, out: Path, tmp_path: Path) -> None:
    table, folder, held = tmp_path / "people.csv", tmp_path / "w.duckdb", tmp_path / "held.duckdb"
    hold = f"import duckdb; duckdb.connect({str(held)!r})"
    table.write_text("a,b\n1,2\n")
    folder.mkdir()
    with duckdb.connect(str(held)) as connection:
        connection.execute("CREATE TABLE one AS SELECT 1")
        said = subprocess.run([sys.executable, "-c", hold], stderr=subprocess.PIPE, text=True, check=False).stderr
    taken, within = (rowmill(f"dbt build {out} --database {place}") for place in (table, folder))

    with pytest.raises(RowmillError, match=r"another process holds .*held\.duckdb open; close it there"):
        require_began("build", said, held)
    assert (taken.code, within.code) == (2, 2)
    assert f"database {table}: is there already and no DuckDB file; name another" in taken.err
    assert f"database {folder}: is a folder; name a file" in within.err
    assert table.read_text() == "a,b\n1,2\n"


def test_tables_that_no_model_can_read_are_said(rowmill: Rowmill, tmp_path: Path) -> None:
    rowmill(f"generate workforce --employees 5 --years 2025 --seed 1 --format csv --out {tmp_path}/o --quiet")

    answer = rowmill(f"dbt build {tmp_path}/o")

    assert answer.code == 2
    assert "table 'census': missing, not whole or no Parquet" in answer.err


def test_without_dbt_it_says_what_to_install(
    rowmill: Rowmill, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ROWMILL_DBT", raising=False)
    monkeypatch.setitem(sys.modules, "dbt.cli", None)

    build = rowmill(f"dbt build {out}")
    generate = rowmill(f"generate workforce --employees 5 --engine sql --seed 1 --out {tmp_path}/o")

    for answer in (build, generate):
        assert answer.code == 2
        assert "pip install 'rowmill[workforce]'" in answer.err
    assert not (tmp_path / "o").exists()
