"""No secret of any destination behind a network is said, logged, stored, handed to a child or seen by others."""

from __future__ import annotations

import json
import logging
import os
import pickle
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from rowmill.core.errors import RowmillError
from rowmill.run.books.manifest import read
from rowmill.sinks.registry import destination
from support.commands import start, words_until_the_end
from support.places import az, s3
from support.postgres import GUARDED, shared_server
from support.servers import azurite, seaweed
from support.switches import switch
from unit.cli.conftest import Rowmill

CANARY = "s3cr3t-canary"
SMALL = ("generate", "payments", "--rows", "400", "--seed", "1", "--set", "run.part_rows=200")
LOGGED = ("-vv", "--log-format", "json", "--log-level", "debug")


@dataclass(frozen=True)
class Guarded:
    """A place that it takes a secret to reach."""

    out: str
    secrets: tuple[str, ...]
    hidden: Mapping[str, str]
    """Variables that hold them, for an ``--env-file``."""
    gone: str
    """A place where nobody answers, with the same secrets."""
    gone_by: Mapping[str, str]
    """Variables that say so."""
    stored: Callable[[], list[str]]
    """Returns all that stands there."""


@contextmanager
def bucket() -> Iterator[Guarded]:
    with s3.place(Path()) as out:
        api, root = seaweed.client(seaweed.endpoint()), out.partition(f"{seaweed.BUCKET}/")[2]

        def stored() -> list[str]:
            found = api.list_objects_v2(Bucket=seaweed.BUCKET, Prefix=f"{root}/").get("Contents", ())
            bodies = (api.get_object(Bucket=seaweed.BUCKET, Key=each["Key"])["Body"].read() for each in found)
            return [body.decode("latin-1") for body in bodies]

        hidden = {"AWS_ACCESS_KEY_ID": seaweed.KEY, "AWS_SECRET_ACCESS_KEY": seaweed.SECRET}
        gone = {"AWS_ENDPOINT_URL": f"http://user:{seaweed.SECRET}@127.0.0.1:9", **hidden}
        yield Guarded(out, (seaweed.KEY, seaweed.SECRET), hidden, out, gone, stored)


@contextmanager
def container() -> Iterator[Guarded]:
    with az.place(Path()) as out:
        api, root = azurite.client(azurite.endpoint()), out.partition(f"{azurite.CONTAINER}/")[2]

        def stored() -> list[str]:
            names = api.list_blob_names(name_starts_with=f"{root}/")
            return [api.download_blob(name).readall().decode("latin-1") for name in names]

        hidden = {"AZURE_STORAGE_KEY": azurite.KEY}
        gone = {"AZURE_STORAGE_ENDPOINT": "http://127.0.0.1:9/a", **hidden}
        yield Guarded(out, (azurite.KEY,), hidden, out, gone, stored)


@contextmanager
def schema() -> Iterator[Guarded]:
    server = shared_server()
    server.do(f"DROP ROLE IF EXISTS {GUARDED}", f"CREATE ROLE {GUARDED} LOGIN PASSWORD '{CANARY}'")
    server.do(f"CREATE SCHEMA secret AUTHORIZATION {GUARDED}")

    def stored() -> list[str]:
        tables = [name for (name,) in server.do("SELECT tablename FROM pg_tables WHERE schemaname = 'secret'")]
        rows = [text for name in tables for (text,) in server.do(f'SELECT t::text FROM secret."{name}" t')]
        documents = server.do("SELECT convert_from(data, 'utf8') FROM secret._rowmill_documents")
        return rows + [text for (text,) in documents]

    out = server.url(schema="secret", user=f"{GUARDED}:{CANARY}")
    try:
        yield Guarded(out, (CANARY,), {"ROWMILL_RUN__OUT": out}, out.replace(f":{server.port}/", ":1/"), {}, stored)
    finally:
        server.do("DROP SCHEMA secret CASCADE", f"DROP ROLE {GUARDED}")


PLACES = [bucket, schema, *([container] if switch("ROWMILL_FAULTS") else [])]
"""Azure is asked in make faults: what it says and keeps goes the way of a bucket."""


@pytest.mark.parametrize("place", PLACES, ids=[place.__name__ for place in PLACES])
def test_no_secret_shows_anywhere(rowmill: Rowmill, tmp_path: Path, place, caplog, monkeypatch):
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.DEBUG, "rowmill")
    with place() as there:
        (tmp_path / "env").write_text("".join(f"{name}={value}\n" for name, value in there.hidden.items()))
        told = () if there.out in there.hidden.values() else ("--out", there.out)
        with patch.dict(os.environ):
            for name in there.hidden:
                os.environ.pop(name, None)
            command = start(*SMALL, *LOGGED, "--workers", "2", "--metrics-file", "m", "--env-file", "env", *told)
            seen = words_until_the_end(command)
            said = [*command.communicate(), (tmp_path / "m").read_text()]
            assert command.returncode == 0, said
            assert seen
            for line in said[1].splitlines():
                json.loads(line)
        with patch.dict(os.environ, there.hidden):
            other = ("generate", "payments", "--rows", "400", "--seed", "5", *LOGGED)
            for words in (
                (*SMALL, "--json"), (*SMALL, "--dry-run"), other, ("config", "payments"), ("info", there.out),
                ("info", "--json", there.out), ("verify", "--json", there.out), ("finalize", there.out),
                ("diff", there.out, there.out, "--json"), ("copy", there.out, "copied", "--json", "--workers", "1"),
            ):  # fmt: skip
                more = ("--out", there.out) if words[0] == "generate" else ()
                answer = rowmill("", *words, *more)
                assert answer.code == (2 if words == other else 0), answer
                said += answer[1:]
            target = destination(there.out)
            said += [repr(target), str(read(there.out)), target.shown]
        with patch.dict(os.environ, {**there.hidden, **there.gone_by}):
            with pytest.raises(RowmillError) as error:
                read(there.gone)
            said.append("".join(traceback.format_exception(error.value, chain=True)))
            answer = rowmill("", *SMALL, *LOGGED, "--set", "run.remote.attempts=1", "--out", there.gone)
            assert answer.code in (1, 2)
            said += answer[1:]
        stored = there.stored()
        left = [path.read_text("latin-1") for path in (tmp_path / "copied").rglob("*") if path.is_file()]

    assert len(stored) > 5
    assert len(left) > 5
    for text in (*said, *seen, *stored, *left, caplog.text):
        assert not [secret for secret in there.secrets if secret in text], text[:500]


@pytest.mark.parametrize("place", [bucket, container], ids=["s3", "az"])
def test_what_travels_to_workers_holds_no_secret(place):
    with place() as there:
        opened = destination(there.out)
        assert opened.documents.read("nothing") is None

        for text in (pickle.dumps(opened._bucket).decode("latin-1"), repr(vars(opened))):
            assert not [secret for secret in there.secrets if secret in text]
