"""Commands on a container of Azure's emulator do what they do on a folder."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from unittest.mock import patch

import pytest

from rowmill.sinks.registry import destination
from support.commands import start
from support.servers import azurite
from unit.cli.conftest import Rowmill

SMALL = "generate payments --rows 300 --seed 1"
DAY = f"{SMALL} --quiet --date"
WHOLE = f"DefaultEndpointsProtocol=http;AccountName={azurite.ACCOUNT};AccountKey={azurite.KEY};BlobEndpoint="

NOBODY = {"AZURE_STORAGE_KEY": "", "AZURE_STORAGE_ENDPOINT": "https://127.0.0.1:9/a", "PATH": "/nowhere"}
NOBODY["AZURE_TOKEN_CREDENTIALS"] = "AzureCliCredential"


@pytest.fixture
def out():
    with azurite.a_place() as location:
        yield location


def keys(location):
    prefix = location.partition(f"{azurite.CONTAINER}/")[2] + "/"
    found = azurite.client(azurite.endpoint()).list_blob_names(name_starts_with=prefix)
    return [name.removeprefix(prefix) for name in found]


def test_a_run_is_written_skipped_told_and_repaired(rowmill: Rowmill, out: str) -> None:
    written = rowmill(f"{SMALL} --workers 1 --out", out)
    assert written.code == 0
    assert f"data: {out}/transactions/payments_300_2025-11-30_00000.parquet\n" in written.err
    assert "already complete, nothing written" in rowmill(f"{SMALL} --out", out).err
    assert f"{out}: " in rowmill("info", out).out

    cards = next(key for key in keys(out) if key.startswith("cards/"))
    destination(out)._bucket.put(cards, b"broken")
    assert rowmill("verify --repair", out).code == 0
    assert rowmill("verify", out).code == 0


def test_days_of_several_processes_land_in_one_container(rowmill: Rowmill, out: str) -> None:
    nights = [start(*DAY.split(), f"2025-11-0{n}", "--out", out) for n in (1, 2)]
    for night in nights:
        assert night.wait(120) == 0, night.stderr.read()
        night.communicate()
    assert rowmill("verify", out).code == 0
    assert len(json.loads(rowmill("info --json", out).out)["slices"]) == 2
    assert not [key for key in keys(out) if "/uploads/" in key]


def test_who_asks_and_the_place_come_from_a_file_of_variables(
    rowmill: Rowmill, tmp_path: Path, out: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = f"AZURE_STORAGE_CONNECTION_STRING='{WHOLE}{azurite.endpoint()}'"
    (tmp_path / "env").write_text(f"{whole}\nROWMILL_RUN__OUT={out}\n")
    for name in azurite.environment():
        monkeypatch.delenv(name)
    with patch.dict(os.environ):
        assert rowmill(f"{SMALL} --workers 1 --json --env-file", tmp_path / "env").code == 0
    assert "AZURE_STORAGE_CONNECTION_STRING" not in os.environ


@pytest.mark.parametrize(
    ("line", "change", "said"),
    [
        ("az://nowhere/x", {}, "there is no such container; create it"),
        ("az://tests/x", {"AZURE_STORAGE_KEY": "wrong"}, "the key of the account is none"),
        (
            "az://tests/x",
            {"AZURE_STORAGE_ACCOUNT": "", "AZURE_STORAGE_ENDPOINT": ""},
            "no account is named; set AZURE_",
        ),
        (
            "az://tests/x",
            {"AZURE_STORAGE_CONNECTION_STRING": "canary"},
            "AZURE_STORAGE_CONNECTION_STRING cannot be used",
        ),
        ("az://tests/x", NOBODY, "no credentials can be had (ClientAuthenticationError); set AZURE_"),
        ("az://Tests/x", {}, "write az://CONTAINER/PREFIX"),
        ("abfss://tests@account.dfs.core.windows.net/x", {}, "Azure's is az://CONTAINER/PREFIX"),
        ("azure://tests/x", {}, "Azure's is az://CONTAINER/PREFIX"),
    ],
)
def test_a_destination_that_cannot_be_used_is_refused_in_a_line_or_two(
    rowmill: Rowmill, out: str, line: str, change: dict[str, str], said: str
) -> None:
    with patch.dict(os.environ, change):
        answer = rowmill(f"{SMALL} --quiet --out", line.replace("az://tests/x", out))

    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err
    assert "canary" not in answer.err
    assert len(answer.err.splitlines()) <= 2
    assert keys(out) == []


@pytest.mark.parametrize(
    ("module", "said"),
    [("azure.storage.blob", "pip install 'rowmill[azure]'"), ("azure.identity", "no credentials; set")],
)
def test_without_a_library_the_command_that_installs_it_is_told(
    rowmill: Rowmill, out: str, monkeypatch: pytest.MonkeyPatch, module: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    monkeypatch.setenv("AZURE_A_NEW_CLIENT", module)
    monkeypatch.delenv("AZURE_STORAGE_KEY")
    answer = rowmill(f"{SMALL} --quiet --out", out)

    assert answer.code == 2
    assert said in answer.err
