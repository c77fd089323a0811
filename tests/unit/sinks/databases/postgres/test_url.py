"""A URL of PostgreSQL is libpq's, with a schema of ours; what is shown of it, or said of it, has no password."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from rowmill.core.errors import UsageError
from rowmill.core.paths import local_path
from rowmill.sinks.databases.postgres.url import place
from rowmill.sinks.registry import placed, shown

CANARY = "s3cr3t-canary"


@pytest.mark.parametrize(
    ("given", "schema", "seen"),
    [
        ("postgresql://h/d", "public", "postgresql://h/d"),
        ("postgresql://u@h:5433/d?schema=tests", "tests", "postgresql://u@h:5433/d?schema=tests"),
        ("postgresql:///d?host=/tmp&schema=a%20b", "a b", "postgresql://%2Ftmp/d?schema=a%20b"),
        (f"postgresql://u:{CANARY}@h/d", "public", "postgresql://u@h/d"),
        (f"postgresql://u:{CANARY}?x@h/d?sslmode=require", "public", "postgresql://u@h/d"),
        (f"postgresql://u@h/d?password={CANARY}&sslpassword={CANARY}2", "public", "postgresql://u@h/d"),
        ("postgresql://", "public", "postgresql:///"),
        ("postgresql://a:1,b:2/d", "public", "postgresql://a,b:1,2/d"),
        ("postgresql://?service=own", "public", "postgresql:///?service=own"),
    ],
)
def test_a_url_leads_to_a_schema_and_is_shown_without_secrets(given, schema, seen):
    found = place(given)

    assert (found.schema, found.shown) == (schema, seen)
    assert CANARY not in repr(found)
    assert "schema" not in conninfo_to_dict(found.conninfo)
    assert conninfo_to_dict(found.conninfo).get("password") in (None, CANARY, f"{CANARY}?x")


def test_a_wait_for_a_server_that_does_not_answer_ends_unless_the_user_says_when(monkeypatch):
    assert conninfo_to_dict(place("postgresql://h/d").conninfo)["connect_timeout"] == "15"
    assert conninfo_to_dict(place("postgresql://h/d?connect_timeout=3").conninfo)["connect_timeout"] == "3"
    monkeypatch.setenv("PGCONNECT_TIMEOUT", "4")
    assert "connect_timeout" not in conninfo_to_dict(place("postgresql://h/d").conninfo)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (f"postgresql://u:p@{CANARY}@h/d", r"%40 for @"),
        (f"postgresql://u:p/{CANARY}@h/d", r"%40 for @"),
        (f"postgresql://u:{CANARY}%4@h/d", r"cannot be read; write postgresql://USER@HOST"),
        (f"postgresql://u:{CANARY}@h/d?shema=x", r"unknown parameter 'shema'; did you mean 'schema'"),
        (f"postgresql://u:{CANARY}@h/d?schema=", r"schema ''"),
        (f"postgresql://u:{CANARY}@h/d?schema={'x' * 64}", r"1 to 63 bytes"),
    ],
)
def test_a_url_that_cannot_be_right_is_refused_without_a_part_of_a_password(given, said):
    with pytest.raises(UsageError, match=said) as refused:
        place(given)

    assert CANARY not in str(refused.value)


def test_a_scheme_that_is_misspelt_shows_no_password():
    with pytest.raises(UsageError, match=r"unknown scheme 'postgressql'") as refused:
        local_path(f"postgressql://u:{CANARY}@h/d")

    assert CANARY not in str(refused.value)


def test_both_words_for_the_scheme_lead_to_one_place():
    assert placed("postgres://h/d") == placed("postgresql://h/d") == "postgresql://h/d"
    assert shown(f"postgres://u:{CANARY}@h/d") == "postgresql://u@h/d"
