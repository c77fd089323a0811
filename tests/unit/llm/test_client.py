"""One request over a real socket: what comes back, and which kind of fault a fault is."""

from __future__ import annotations

import time
from email.utils import formatdate

import pytest

from rowmill.core.errors import EndpointError, UsageError
from rowmill.llm.budget import Tokens
from rowmill.llm.client import (
    MAX_BYTES,
    Client,
    LostRequest,
    Rejected,
    TooMany,
    completions_url,
    read_key,
    retry_after,
)
from support.chat import completion, hangs, refuses, resets, says, sends, trickles

KEY = "sk-canary-7f3a91c05be2"


@pytest.fixture
def send(chat):
    """Return a function that lets the server act once, and sends one request."""
    client = Client(completions_url(chat.url), read_key({"ROWMILL_LLM_API_KEY": KEY}))

    def once(act, seconds=5.0):
        chat.plan[:] = [act]
        return client.send(b'{"messages": [], "model": "m"}', seconds)

    return once


def test_a_reply_has_text_end_and_count(send, chat):
    reply = send(says("hello", usage=(12, 3)))

    assert (reply.text, reply.whole, reply.taken) == ("hello", True, Tokens(12, 3))
    assert chat.keys == [f"Bearer {KEY}"]
    assert chat.paths == ["/v1/chat/completions"]


def test_a_cut_reply_says_so(send):
    assert not send(says("{", finish="length")).whole


@pytest.mark.parametrize("usage", [None, (0, 5), (-1, 5), (5, -1), ("12", 3), (12, None)])
def test_a_count_that_makes_no_sense_is_none(send, usage):
    assert send(says("hello", usage=usage)).taken is None


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504, 529])
def test_a_server_in_trouble_loses_the_request(send, status):
    with pytest.raises(LostRequest, match=f"HTTP {status}") as found:
        send(refuses(status))

    assert not isinstance(found.value, TooMany)


def test_a_server_in_trouble_may_name_a_pause(send):
    with pytest.raises(LostRequest) as found:
        send(refuses(503, ("Retry-After", "7")))

    assert found.value.wait == 7


@pytest.mark.parametrize(("headers", "wait"), [((), None), ((("Retry-After", "2.5"),), 2.5)])
def test_too_many_requests_is_a_fault_of_its_own(send, headers, wait):
    with pytest.raises(TooMany) as found:
        send(refuses(429, *headers))

    assert found.value.wait == wait


def test_an_empty_account_is_no_reason_to_wait(send):
    with pytest.raises(EndpointError, match="insufficient_quota"):
        send(refuses(429, code="insufficient_quota", message="you have no money left"))


@pytest.mark.parametrize("status", [400, 422])
def test_what_a_request_says_can_be_rejected(send, status):
    with pytest.raises(Rejected, match="response_format is unknown"):
        send(refuses(status, message="response_format is unknown"))


@pytest.mark.parametrize("status", [401, 403])
def test_a_refused_key_is_never_shown(send, status):
    with pytest.raises(UsageError, match=f"refuses the key.*{status}.*ROWMILL_LLM_API_KEY") as found:
        send(refuses(status, message=f"Incorrect API key provided: {KEY}"))

    assert KEY not in str(found.value)


def test_an_unknown_model_is_said_with_the_flag(send):
    with pytest.raises(UsageError, match=r"404.*no model-x here.*--llm-model"):
        send(refuses(404, message="no model-x here"))


@pytest.mark.parametrize("status", [302, 402, 451])
def test_any_other_status_is_one_line(send, status):
    with pytest.raises(EndpointError, match=f"HTTP {status}"):
        send(refuses(status, ("Location", "http://127.0.0.1:9/"), message="two\nlines"))


@pytest.mark.parametrize(
    "act",
    [resets, sends(b"<html>busy</html>"), sends(b"[]"), sends(b'{"choices": []}'), sends(b'{"choices": [{}]}')],
    ids=["reset", "html", "list", "no choices", "no message"],
)
def test_what_is_no_completion_loses_the_request(send, act):
    with pytest.raises(LostRequest):
        send(act)


def test_an_answer_without_end_is_not_read_to_the_end(send):
    with pytest.raises(LostRequest, match="longer than"):
        send(sends(b" " * (MAX_BYTES + 1)))


@pytest.mark.parametrize("act", [hangs, trickles])
def test_neither_silence_nor_a_trickle_outlasts_the_limit(send, act):
    start = time.monotonic()

    with pytest.raises(LostRequest):
        send(act, seconds=0.3)

    assert time.monotonic() - start < 5


def test_nobody_there_loses_the_request():
    with pytest.raises(LostRequest, match="Connect"):
        Client("http://127.0.0.1:9/v1/chat/completions", read_key({"OPENAI_API_KEY": KEY})).send(b"{}", 5)


@pytest.mark.parametrize(
    "content",
    [
        completion(None).replace(b'"content": null', b'"content": null, "refusal": "I will not"'),
        completion("", finish="content_filter"),
    ],
    ids=["refusal", "filter"],
)
def test_a_model_that_refuses_is_not_asked_again(send, content):
    with pytest.raises(EndpointError, match="refuses to answer"):
        send(sends(content))


def test_an_answer_in_parts_is_put_together(send):
    parts = [{"type": "text", "text": "one "}, {"type": "text", "text": "two"}]

    assert send(sends(completion(parts))).text == "one two"


def test_half_a_character_is_none(send):
    assert send(says("a\ud83d!")).text == "a?!"


def test_what_a_server_says_is_shown_short_in_one_line_and_without_the_key(send):
    with pytest.raises(LostRequest) as found:
        send(refuses(500, message=f"{KEY}\n\x1b[31m" + "x" * 5000))

    assert "[key]" in str(found.value)
    assert str(found.value).isprintable()
    assert len(str(found.value)) < 250


def test_a_pause_is_given_in_seconds_or_as_a_date():
    assert retry_after(None) is None
    assert retry_after("soon") is None
    assert retry_after("3") == 3
    assert retry_after(formatdate(time.time() - 60, usegmt=True)) == 0
    assert 50 < retry_after(formatdate(time.time() + 60, usegmt=True)) <= 61


@pytest.mark.parametrize(
    ("endpoint", "url"),
    [
        ("https://host/v1", "https://host/v1/chat/completions"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000/chat/completions"),
        ("https://host/v1/chat/completions", "https://host/v1/chat/completions"),
    ],
)
def test_completions_have_their_place_below_the_endpoint(endpoint, url):
    assert completions_url(endpoint) == url


@pytest.mark.parametrize(
    "endpoint",
    ["", "host/v1", "ftp://host/v1", "https://", "http://[::1/v1", "https://user:pass-word@host/v1", "https://h:x/",
     "https://host/v1?key=pass-word", "https://host/v1#pass-word", "https://ho st/pass-word"],
)  # fmt: skip
def test_an_endpoint_that_cannot_be_used_is_refused_without_repeating_it(endpoint):
    with pytest.raises(UsageError, match="--endpoint") as found:
        completions_url(endpoint)

    assert "pass-word" not in str(found.value)


def test_the_own_key_goes_before_the_common_one():
    both = {"OPENAI_API_KEY": "sk-common", "ROWMILL_LLM_API_KEY": " sk-own\n"}

    assert read_key(both).get_secret_value() == "sk-own"
    assert read_key(both | {"ROWMILL_LLM_API_KEY": " "}).get_secret_value() == "sk-common"
    assert "sk-own" not in repr(read_key(both))


@pytest.mark.parametrize(
    "environment", [{}, {"OPENAI_API_KEY": ""}, {"OPENAI_API_KEY": "sk-two words"}, {"OPENAI_API_KEY": "sk-ü"}]
)
def test_a_key_that_is_missing_or_cannot_be_sent_is_refused_without_repeating_it(environment):
    with pytest.raises(UsageError, match="API_KEY") as found:
        read_key(environment)

    assert "sk-" not in str(found.value)
