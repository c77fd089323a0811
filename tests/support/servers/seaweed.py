"""SeaweedFS: a real S3 server, one for a test run."""

from __future__ import annotations

import itertools
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from unittest.mock import patch

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from support.servers import free_ports, program
from support.servers.shared import Start, shared

KEY, SECRET = "rowmill-test-key", "rowmill-test-secret"
READER = {"AWS_ACCESS_KEY_ID": "rowmill-read-key", "AWS_SECRET_ACCESS_KEY": "rowmill-read-secret"}
"""Credentials of somebody who may look, and write nothing."""
BUCKET = "tests"
_LOOKS = (f"Read:{BUCKET}", f"List:{BUCKET}")
_NUMBERS = itertools.count(1)


def _identity(key: str, secret: str, *actions: str) -> dict[str, Any]:
    return {"name": key, "credentials": [{"accessKey": key, "secretKey": secret}], "actions": list(actions)}


def _start(folder: Path) -> Start:
    # Each port has another one of gRPC, 10,000 higher.
    s3, master, filer, volume, admin = free_ports(5, apart=10_000)
    places = {"dir": folder, "s3.localSocket": folder / "s3.sock", "filer.localSocket": folder / "filer.sock"}
    ports = {"s3.port": s3, "master.port": master, "filer.port": filer, "volume.port": volume, "admin.port": admin}
    off = ("master.telemetry", "admin.ui", "webdav", "s3.autoCreateBucket")
    settings = {**places, **ports, **dict.fromkeys(off, "false"), "s3.port.iceberg": 0, "s3.port.lance": 0}
    identities = folder / "identities.json"
    identities.write_text(
        json.dumps({"identities": [_identity(KEY, SECRET, "Admin"), _identity(*READER.values(), *_LOOKS)]})
    )
    settings |= {"ip": "127.0.0.1", "ip.bind": "127.0.0.1", "bucket": BUCKET, "s3.config": identities}
    return {
        "command": [program("weed"), "mini", *(f"-{name}={value}" for name, value in settings.items())],
        "environment": {},
        "ports": [s3],
        "tells": {"endpoint": f"http://127.0.0.1:{s3}"},
    }


def endpoint() -> str:
    """Return the address of the server, which is started where it does not run."""
    found = str(shared("seaweed", _start)["endpoint"])
    _wait_for_bucket(found)
    return found


@cache
def _wait_for_bucket(endpoint: str) -> None:
    """Wait until the bucket is there: the server answers before it makes it."""
    end = time.monotonic() + 30
    while True:
        try:
            client(endpoint).head_bucket(Bucket=BUCKET)
        except (BotoCoreError, ClientError):
            if time.monotonic() > end:
                raise
            time.sleep(0.05)
        else:
            return


def environment() -> dict[str, str]:
    """Return the variables by which a process finds the server, and may write there."""
    return {
        "AWS_ENDPOINT_URL": endpoint(),
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }


@contextmanager
def a_place() -> Iterator[str]:
    """Yield a location that nobody used before, and let this process and its children find it."""
    with patch.dict(os.environ, environment()):
        yield f"s3://{BUCKET}/{os.getpid()}-{next(_NUMBERS)}"


def client(endpoint: str) -> Any:
    """Return a client of a server, to look at what is there."""
    return get_session().create_client(
        "s3",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}),
    )
