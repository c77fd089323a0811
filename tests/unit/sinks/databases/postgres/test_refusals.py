"""What cannot be loaded is refused with the fix and exit code 2, nothing is left, and no password shows."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest

from rowmill.cli import main
from support.postgres import GUARDED, shared_server

CANARY = "s3cr3t-canary"
SMALL = "generate payments --rows 300 --seed 5 --workers 2 --quiet"


@pytest.fixture(scope="module")
def server():
    found = shared_server()
    found.do(
        f"DROP ROLE IF EXISTS {GUARDED}",
        f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{CANARY}'",
        f"CREATE DATABASE refusals OWNER {GUARDED}",
    )
    yield found
    found.do("DROP DATABASE refusals WITH (FORCE)", f"DROP ROLE {GUARDED}")


@pytest.fixture
def rowmill(capfd):
    def run(line, *more):
        capfd.readouterr()
        code = main([*line.split(), *map(str, more)])
        said = capfd.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    return run


def everything(server, database="refusals"):
    """Return the names of all that stands in the schemas of users."""
    found = server.do(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "WHERE n.nspname !~ '^(pg_|information_schema)'",
        database=database,
    )
    return {f"{schema}.{name}" for schema, name in found}


def refused(answer, *words):
    assert answer.code == 2, answer
    assert len(answer.err.strip().splitlines()) <= 2
    assert "Traceback" not in answer.err
    assert CANARY not in answer.err + answer.out
    for word in words:
        assert word in answer.err


def guarded(server, database="refusals", schema=None, password=CANARY):
    return server.url(database, schema, f"{GUARDED}:{password}")


def test_a_host_that_nobody_knows(rowmill):
    refused(rowmill(SMALL, "--out", f"postgresql://u:{CANARY}@nowhere.invalid/d"), "cannot connect", "check the host")


def test_a_port_where_no_server_is(rowmill):
    answer = rowmill(SMALL, "--out", f"postgresql://u:{CANARY}@127.0.0.1:1/d")

    refused(answer, "Connection refused", "check host and port")


def test_a_wrong_password(rowmill, server):
    for password in (f"{CANARY}-not", ""):
        answer = rowmill(SMALL, "--out", guarded(server, password=password))

        refused(answer, "password", "set PGPASSWORD")
    assert everything(server) == set()


def test_a_database_that_is_not_there(rowmill, server):
    refused(rowmill(SMALL, "--out", guarded(server, "nothing")), 'database "nothing" does not exist', "createdb")


def test_a_schema_that_is_not_there(rowmill, server):
    answer = rowmill(SMALL, "--out", guarded(server, schema="data"))

    refused(answer, "there is no schema 'data'", 'CREATE SCHEMA "data"')
    assert everything(server) == set()


def test_a_schema_in_which_nothing_may_be_made(rowmill, server):
    server.do("CREATE SCHEMA closed", database="refusals")

    answer = rowmill(SMALL, "--out", guarded(server, schema="closed"))

    refused(answer, "guarded may create nothing", 'GRANT CREATE ON SCHEMA "closed" TO "guarded"')
    assert everything(server) == set()


@pytest.mark.parametrize("made", ["TABLE labels (x int)", "VIEW labels AS SELECT 1 AS x", "TABLE labels (_part int)"])
def test_something_else_with_the_name_of_a_table(rowmill, server, made):
    server.do("DROP SCHEMA IF EXISTS own CASCADE", f"CREATE SCHEMA own AUTHORIZATION {GUARDED}", database="refusals")
    server.do("SET search_path = own", f"CREATE {made}", database="refusals")

    answer = rowmill(SMALL, "--out", guarded(server, schema="own"))

    refused(answer, "holds a table 'labels' that no run wrote", "?schema=")
    assert everything(server) == {"own.labels"}
    server.do("DROP SCHEMA own CASCADE", database="refusals")


def test_settings_of_files(rowmill, server):
    refused(rowmill(SMALL, "--format", "csv", "--out", guarded(server)), "a database takes rows and no files")


def test_a_url_that_cannot_be_read(rowmill):
    refused(rowmill(SMALL, "--out", f"postgresql://u:x@{CANARY}@h/d"), "%40 for @")


def test_packages_that_are_not_there(rowmill, server, monkeypatch):
    monkeypatch.setattr("rowmill.sinks.databases.postgres.destination.find_spec", {}.get)

    refused(rowmill(SMALL, "--out", guarded(server)), "pip install 'rowmill[postgres]'")


def test_what_holds_no_run(rowmill, server):
    for command in ("info", "verify", "finalize"):
        answer = rowmill(command, guarded(server))

        refused(answer, "postgresql://guarded@")


def test_what_is_said_as_json_names_the_destination_without_its_password(rowmill, server):
    server.do(f"CREATE SCHEMA said AUTHORIZATION {GUARDED}", database="refusals")
    out = guarded(server, schema="said")

    answer = rowmill("generate payments --rows 300 --seed 5 --workers 1 --json", "--out", out)

    assert json.loads(answer.out)["destination"] == server.url("refusals", "said", GUARDED)
    server.do("DROP SCHEMA said CASCADE", database="refusals")
