"""Credentials are found where the tools of AWS find them; what is missing is said in a line, without secrets."""

from __future__ import annotations

import os
import sys
from unittest.mock import patch

import pytest

from rowmill.core.errors import DestinationError, UsageError
from rowmill.sinks.objects.s3 import S3Bucket
from rowmill.sinks.objects.s3_client import client
from rowmill.sinks.remote import Remote
from support.servers.recorder import CONTAINER_TOKEN, STS_KEY, STS_TOKEN, recorder

PROFILES = """
[default]
aws_access_key_id = AKIADEFAULT
aws_secret_access_key = one
[other]
aws_access_key_id = AKIAOTHER
aws_secret_access_key = two
"""
CONFIG = """
[profile other]
region = eu-west-3
[profile role]
role_arn = arn:aws:iam::123456789012:role/writer
source_profile = other
[profile web]
role_arn = arn:aws:iam::123456789012:role/web
web_identity_token_file = {folder}/token
[profile process]
credential_process = {python} {folder}/process.py
[profile plain]
endpoint_url = {url}
aws_access_key_id = AKIAPLAIN
aws_secret_access_key = three
"""
PROCESS = """print('{"Version": 1, "AccessKeyId": "AKIAPROCESS", "SecretAccessKey": "four"}')"""


@pytest.fixture
def server(tmp_path, monkeypatch):
    """Give a server, and files of AWS's tools in a folder; nothing else says who is asking."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with recorder() as found:
        (tmp_path / "credentials").write_text(PROFILES)
        (tmp_path / "config").write_text(CONFIG.format(folder=tmp_path, python=sys.executable, url=found.url))
        (tmp_path / "token").write_text("a-web-token")
        (tmp_path / "process.py").write_text(PROCESS)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
        monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
        monkeypatch.setenv("AWS_ENDPOINT_URL", found.url)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield found


def ask():
    bucket = S3Bucket("tests", "x", "s3://tests/x", Remote(attempts=1))
    assert bucket.get("nothing") is None


def test_a_file_of_credentials_has_a_default_and_profiles_by_name(server, monkeypatch):
    ask()
    monkeypatch.setenv("AWS_PROFILE", "other")
    ask()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "five")
    monkeypatch.delenv("AWS_PROFILE")
    ask()

    assert [asked.key for asked in server.asked] == ["AKIADEFAULT", "AKIAOTHER", "AKIAENV"]


def test_a_role_is_assumed_with_the_keys_of_another_profile(server, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "role")
    ask()

    assert "Action=AssumeRole&" in server.asked[0].body
    assert server.asked[0].key == "AKIAOTHER"
    assert (server.asked[1].key, server.asked[1].headers["X-Amz-Security-Token"]) == (STS_KEY, STS_TOKEN)


@pytest.mark.parametrize("named", ["profile", "variables"])
def test_a_web_identity_is_exchanged_for_a_role(server, monkeypatch, tmp_path, named):
    if named == "profile":
        monkeypatch.setenv("AWS_PROFILE", "web")
    else:
        (tmp_path / "credentials").write_text("")
        monkeypatch.setenv("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/web")
        monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(tmp_path / "token"))
    ask()

    assert "Action=AssumeRoleWithWebIdentity" in server.asked[0].body
    assert "WebIdentityToken=a-web-token" in server.asked[0].body
    assert server.asked[1].key == STS_KEY


@pytest.fixture
def nobody(server, tmp_path):
    """Leave no credentials in any file."""
    (tmp_path / "credentials").write_text("")
    (tmp_path / "config").write_text("")
    return server


def test_a_machine_that_has_a_role_is_asked_for_it_by_the_way_that_needs_a_token(nobody, monkeypatch):
    monkeypatch.delenv("AWS_EC2_METADATA_DISABLED")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", nobody.url)
    ask()

    *role, asked = nobody.asked
    assert [each.path.rpartition("/")[2] for each in role] == ["token", "", "writer"]
    assert (asked.key, asked.headers["X-Amz-Security-Token"]) == (STS_KEY, STS_TOKEN)


def test_a_container_that_has_a_role_is_asked_for_it(nobody, monkeypatch):
    monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{nobody.url}/container")
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", CONTAINER_TOKEN)
    ask()

    assert [asked.path for asked in nobody.asked] == ["/container", "/tests/x/nothing"]
    assert (nobody.asked[1].key, nobody.asked[1].headers["X-Amz-Security-Token"]) == (STS_KEY, STS_TOKEN)


def test_a_program_may_tell_credentials(server, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "process")
    ask()

    assert server.asked[0].key == "AKIAPROCESS"


def test_an_endpoint_over_http_means_keys_in_the_path_wherever_it_is_named(server, monkeypatch):
    ask()
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_PROFILE", "plain")
    ask()

    assert [asked.path for asked in server.asked] == ["/tests/x/nothing"] * 2
    assert client(Remote()).meta.endpoint_url == server.url


@pytest.mark.usefixtures("server")
def test_the_region_is_the_profiles_or_a_default(monkeypatch):
    assert client(Remote()).meta.region_name == "us-east-1"
    monkeypatch.setenv("AWS_PROFILE", "other")
    assert client(Remote()).meta.region_name == "eu-west-3"
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    assert client(Remote()).meta.region_name == "eu-north-1"


def test_where_there_are_no_credentials_nobody_waits_for_a_machines_role(server, tmp_path):
    (tmp_path / "credentials").write_text("")
    (tmp_path / "config").write_text("")

    with (
        patch("urllib3.connection.connection.create_connection", side_effect=AssertionError),
        pytest.raises(DestinationError, match=r"^s3://tests/x: no credentials can be had .*set AWS_ACCESS_KEY_ID"),
    ):
        ask()
    assert server.asked == []


@pytest.mark.usefixtures("server")
def test_what_cannot_be_used_is_said_without_what_it_holds(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(UsageError, match="no such profile"):
        ask()
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "htp:/user:canary@nowhere")
    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL") as caught:
        ask()
    assert "canary" not in str(caught.value)


def test_a_client_of_a_fork_has_connections_of_its_own_and_the_same_credentials(server):
    ask()
    mine = client(Remote(attempts=1))
    child = os.fork()
    if child == 0:
        ask()
        os._exit(0 if client(Remote(attempts=1)) is mine else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    ask()
    assert len(server.asked) == 3


@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_an_endpoint_without_a_scheme_is_told_with_one(monkeypatch, name):
    monkeypatch.setenv(name, "127.0.0.1:1")
    with pytest.raises(UsageError, match=f"^S3: {name}: got '127.0.0.1:1'; give https://127.0.0.1:1, or http://"):
        ask()


@pytest.mark.usefixtures("server")
def test_an_endpoint_with_a_password_is_not_repeated(monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "me:canary@127.0.0.1:1")
    with pytest.raises(UsageError, match="look at AWS_ENDPOINT_URL") as caught:
        ask()

    assert "canary" not in str(caught.value)
