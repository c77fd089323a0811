"""A location that resembles a place is refused with the fix: no folder is made of it, and no secret is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rowmill.core.errors import UsageError
from rowmill.core.paths import without_secrets
from rowmill.sinks.registry import placed

SECRET = "s3cr3tpw"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"postgresql:guarded:{SECRET}@h/db", "// is missing; write postgresql://"),
        (f"postgresq://h/db?user=u&password={SECRET}", "unknown scheme 'postgresq'; did you mean postgresql://"),
        (f"postgresq://u:{SECRET}@h/db", "did you mean postgresql://"),
        (f"postgresq://h/db?user=u&password={SECRET}@{SECRET}", "did you mean postgresql://"),
        (f"jdbc:postgresql://h/db?user=u&password={SECRET}", "did you mean postgresql://"),
        (f"jdbc:mysql://h/db;password={SECRET}", "unknown scheme"),
        (f"mysql://u:a?b{SECRET}@h/db", "unknown scheme 'mysql'"),
        (f"https://acc.blob.core.windows.net/c/x?sv=1&sig={SECRET}", "unknown scheme 'https'"),
        (f"guarded:{SECRET}@h/db", "write postgresql://"),
        (f"guarded:{SECRET}:{SECRET}@h/db", "write postgresql://"),
        (f"guarded:a/{SECRET}@h/db", "write postgresql://"),
        (f"host=h password={SECRET} dbname=d", "write postgresql://USER@HOST"),
        (f"password='a {SECRET}' host=h", "write postgresql://USER@HOST"),
        (f"duckdb://u:{SECRET}@h/x", "begins with duckdb:///"),
        (f"abfss://c:{SECRET}@h/x", "Azure's is az://"),
        (f"file://u:{SECRET}@h/x", "begins with file:///"),
        ("s3a://tests/x", "did you mean s3://"),
        ("S3:tests/x", "// is missing; write s3://"),
        ("s3//tests/x", "write s3://"),
        ("-", "./- for that"),
        ("n2.DuckDB", "end it with .duckdb"),
    ],
)
def test_what_resembles_a_place_is_refused_with_the_fix_and_without_secrets(text, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(UsageError) as refused:
        placed(text, "run.out")

    assert str(refused.value).startswith("run.out: got ")
    assert said in str(refused.value)
    assert SECRET not in str(refused.value)
    assert "a?b" not in str(refused.value)


@pytest.mark.parametrize(
    "name",
    ["./-", "./s3//tests/x", "./guarded:pw@h", "./host=h user=u", "host=h/day=1", "12:30", "a@b", "duckdb", "-x"],
)
def test_a_name_that_is_meant_is_a_folder(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert placed(placed(name)) == placed(name) == str((tmp_path / name).absolute())


def test_a_folder_that_is_there_is_one_whatever_its_ending(tmp_path):
    (tmp_path / "n2.DuckDB").mkdir()

    assert placed(tmp_path / "n2.DuckDB") == str(tmp_path / "n2.DuckDB")
    assert placed(f"duckdb://{tmp_path}/n.DuckDB") == f"duckdb://{tmp_path}/n.DuckDB"


@given(
    password=st.text(min_size=1).map(lambda text: f"{SECRET}{text}{SECRET}"), scheme=st.sampled_from(["a://", "a:", ""])
)
def test_no_password_before_a_host_is_shown(password, scheme):
    assert SECRET not in without_secrets(f"{scheme}user:{password}@host/db")


@given(value=st.text(st.characters(exclude_characters="&"), min_size=1))
def test_no_value_of_a_query_is_shown(value):
    assert SECRET not in without_secrets(f"x://h/db?user=u&sig={SECRET}{value}{SECRET}")
