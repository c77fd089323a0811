"""Credentials are found where the tools of Azure find them; what is missing is said in a line, without secrets."""

from __future__ import annotations

import json
import os
from unittest.mock import patch

import pytest

from rowmill.core.errors import DestinationError, UsageError
from rowmill.sinks.objects.azure import AzureBucket
from rowmill.sinks.objects.azure_client import container
from rowmill.sinks.remote import Remote
from support.servers.entra import TOKEN, certificate, entra

KEY = "Y2FuYXJ5"
SAS = "sv=2025-01-05&sr=c&sp=racwdl&sig=canary"
ONCE = Remote(attempts=1)


@pytest.fixture(autouse=True)
def _nobody(monkeypatch):
    """Let nothing say who is asking."""
    for name in [name for name in os.environ if name.startswith(("AZURE_", "IDENTITY_", "MSI_"))]:
        monkeypatch.delenv(name)


@pytest.fixture
def server():
    with entra() as found:
        yield found


@pytest.fixture
def secure(tmp_path, monkeypatch):
    """Give a server with TLS, as identities want it."""
    file = certificate(tmp_path)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(file))
    with entra(file) as found:
        monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", f"https://{found.netloc}/acc")
        yield found


def ask():
    assert AzureBucket("tests", "x", "az://tests/x", ONCE).get("nothing") is None


def whole(server, more):
    return f"AccountName=acc;BlobEndpoint=http://{server.netloc}/acc;{more}"


@pytest.mark.parametrize(
    ("given", "key"),
    [
        ({"CONNECTION_STRING": f"AccountKey={KEY}"}, True),
        ({"CONNECTION_STRING": f"SharedAccessSignature={SAS}", "KEY": KEY, "ACCOUNT": "other"}, False),
        ({"KEY": KEY, "ACCOUNT": "acc", "SAS_TOKEN": SAS}, True),
        ({"SAS_TOKEN": SAS, "ACCOUNT": "acc"}, False),
        ({"SAS_TOKEN": f"?{SAS}"}, False),
    ],
)
def test_a_connection_string_counts_before_a_key_and_a_key_before_a_signature(server, monkeypatch, given, key):
    for name, text in given.items():
        told = whole(server, text) if name == "CONNECTION_STRING" else text
        monkeypatch.setenv(f"AZURE_STORAGE_{name}", told)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", f"http://{server.netloc}/acc")
    ask()

    (asked,) = server.asked
    assert asked.path.partition("?")[0] == "/acc/tests/x/nothing"
    assert asked.headers.get("Authorization", "").startswith("SharedKey acc:") == key
    assert ("sig=canary" in asked.path) != key


def test_an_account_has_an_address_of_its_own(monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT", "acc")
    monkeypatch.setenv("AZURE_STORAGE_KEY", KEY)

    assert container("tests", ONCE).url == "https://acc.blob.core.windows.net/tests"


def test_who_logged_in_is_asked_of_the_program_and_its_token_goes_to_the_copy_too(secure, monkeypatch, tmp_path):
    token = {"accessToken": TOKEN, "expires_on": 4_000_000_000, "tokenType": "Bearer"}
    (tmp_path / "az").write_text(f"#!/bin/sh\necho asked >> {tmp_path}/times\necho '{json.dumps(token)}'\n")
    (tmp_path / "az").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    ask()
    assert not AzureBucket("tests", "x", "az://tests/x", ONCE).complete("a", "mark 1")

    assert (tmp_path / "times").read_text() == "asked\n"
    assert {asked.headers["Authorization"] for asked in secure.asked} == {f"Bearer {TOKEN}"}
    copied = secure.asked[1].headers
    assert copied["x-ms-copy-source-authorization"] == f"Bearer {TOKEN}"
    assert copied["x-ms-copy-source"] == f"https://{secure.netloc}/acc/tests/x/_rowmill/uploads/mark"


def test_a_workload_changes_the_token_in_a_file_for_one_of_its_own(secure, monkeypatch, tmp_path):
    (tmp_path / "federated").write_text("from-kubernetes")
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "WorkloadIdentityCredential")
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", f"https://{secure.netloc}")
    monkeypatch.setenv("AZURE_TENANT_ID", "a-tenant")
    monkeypatch.setenv("AZURE_CLIENT_ID", "a-client")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(tmp_path / "federated"))
    ask()

    assert "client_assertion=from-kubernetes" in secure.asked[-2].body
    assert secure.asked[-1].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_machine_has_an_identity(secure, server, monkeypatch):
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "ManagedIdentityCredential")
    monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://{server.netloc}/token")
    monkeypatch.setenv("IDENTITY_HEADER", "a-header")
    ask()

    assert "resource=https" in server.asked[0].path
    assert secure.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_who_is_nobody_is_told_so_once(secure, monkeypatch, tmp_path, caplog):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("AZURE_TOKEN_CREDENTIALS", "AzureCliCredential")
    with pytest.raises(DestinationError, match=r"^az://tests/x: no credentials can be had .*set AZURE_STORAGE_"):
        ask()

    assert secure.asked == []
    assert [record for record in caplog.records if record.name.startswith("rowmill")] == []


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"CONNECTION_STRING": "canary"}, "AZURE_STORAGE_CONNECTION_STRING cannot be used"),
        ({"CONNECTION_STRING": "AccountName=canary"}, "CONNECTION_STRING cannot be used: it has no AccountKey"),
        ({"CONNECTION_STRING": "AccountKey=canary"}, "AZURE_STORAGE_CONNECTION_STRING cannot be used"),
        ({"ENDPOINT": "http://me:canary@127.0.0.1:9/acc"}, "AZURE_STORAGE_ENDPOINT cannot be used"),
        ({"ENDPOINT": "https://h/?sig=canary"}, "AZURE_STORAGE_ENDPOINT cannot be used"),
        ({"ENDPOINT": "http://127.0.0.1:9/acc"}, "AZURE_STORAGE_ENDPOINT cannot be used; .* https:// unless"),
        ({"KEY": "k", "ACCOUNT": "http://canary"}, "AZURE_STORAGE_ACCOUNT names no account"),
        ({"KEY": "canary"}, "no account is named; set AZURE_STORAGE_CONNECTION_STRING"),
        ({"KEY": "canary", "ENDPOINT": "https://127.0.0.1:9/acc"}, "AZURE_STORAGE_KEY is of no account"),
        ({}, "no account is named"),
    ],
)
def test_what_cannot_be_used_is_said_without_what_it_holds(monkeypatch, given, said):
    for name, text in given.items():
        monkeypatch.setenv(f"AZURE_STORAGE_{name}", text)
    with pytest.raises(UsageError, match=said) as caught:
        ask()
    assert "canary" not in str(caught.value)


def test_a_line_for_the_host_in_netrc_changes_nothing(server, monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("default login me password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", whole(server, f"AccountKey={KEY}"))
    ask()

    assert server.asked[0].headers["Authorization"].startswith("SharedKey acc:")


def test_a_fork_has_connections_of_its_own(server, monkeypatch):
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", whole(server, f"AccountKey={KEY}"))
    ask()
    with patch("rowmill.sinks.objects.azure_client.os.getpid", lambda: -1):
        ask()
    child = os.fork()
    if child == 0:
        ask()
        os._exit(0)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    ask()
    assert len(server.asked) == 4
