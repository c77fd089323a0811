"""Paths: what a user's text means is settled once, and nothing is left to be interpreted."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from rowmill.core.errors import UsageError
from rowmill.core.paths import at_home, local_path


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/some/of mine")


@pytest.mark.parametrize(
    "name", ["out", "./s3:/b", "./~", "a:b", "12:30", "{x}", "a*b", " x", "x ", "-x", "%20", "é\n"]
)
def test_a_name_lies_in_the_working_directory(name: str, tmp_path: Path) -> None:
    assert local_path(name) == str(tmp_path / name)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("~", "/some/of mine"),
        ("~/x", "/some/of mine/x"),
        ("~root/x", f"{pwd.getpwnam('root').pw_dir}/x"),
        ("/a/~/b", "/a/~/b"),
        ("file:///a/b%20c%FF", os.fsdecode(b"/a/b c\xff")),
        ("file://localhost/a", "/a"),
        ("/a/../b//c/", "/a/../b/c"),
    ],
)
def test_what_stands_for_a_path_becomes_it(text: str, path: str) -> None:
    assert local_path(text) == path
    assert local_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        *("file:rel", "file://host/x", "hdfs:x", "hdfs://n/x", "s3:/b", "S3://b", "gs:b", "memory:x", "https://h/x"),
        *("what://x", "C:", "C:\\data", "d:/data", "~nobody-of-that-name/x", "", "a\0b", "file:///a%00b"),
    ],
)
def test_what_is_no_path_here_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(UsageError, match=r"^run\.out: got [^\n]+; [^\n]+$"):
        local_path(text, "run.out")


def test_an_empty_home_is_no_home(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "")

    with pytest.raises(UsageError, match="whose home"):
        at_home("~/x", "--model")


def test_a_path_of_a_directory_that_is_gone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()

    with pytest.raises(UsageError, match="working directory is gone"):
        local_path("out")
