"""Three kinds of fault, each retried in its own way and counted apart, never over the budget."""

from __future__ import annotations

import socket
from itertools import pairwise

import pytest

from rowmill.core.errors import EndpointError, UsageError
from rowmill.llm.answers import BadAnswer, parse_object
from rowmill.llm.asking import EARLY, LOST, UNUSABLE
from rowmill.llm.request import Dialect, Question
from support.chat import ANSWER_TOKENS, PROMPT_TOKENS, hangs, refuses, resets, says, sends

QUESTION = Question(
    ({"role": "system", "content": "one object"}, {"role": "user", "content": "how many?"}),
    {"type": "object"},
    500,
    0.0,
)
GOOD = says('{"n": 3}')


def number(text):
    found = parse_object(text)
    if found.keys() != {"n"} or not isinstance(found["n"], int):
        raise BadAnswer("n: an integer is needed, alone")
    return found["n"]


@pytest.mark.parametrize(
    "faults",
    [
        [refuses(503)] * LOST,
        [resets, refuses(502), sends(b"<html>")],
        [refuses(429)] * EARLY,
        [refuses(429, ("Retry-After", "0.02"))],
        [refuses(503, ("Retry-After", "0.02"))],
        [says("no idea"), says('{"n": "many"}')],
        [says('{"n": 1', finish="length")],
        [says('{"n": 3, "why": "because"}')],
        [refuses(500)] * LOST + [says("no idea")] + [refuses(500)] * LOST,
        [refuses(429)] * EARLY + [refuses(500)] * LOST,
    ],
    ids=["503", "mixed", "429", "429 pause", "503 pause", "bad", "cut", "extra key", "lost twice", "two kinds"],
)
def test_a_fault_that_passes_ends_in_the_answer(chat, asker, faults):
    chat.plan, chat.usual = list(faults), GOOD
    asking = asker()

    assert asking.ask(QUESTION, number) == 3
    assert len(chat.requests) == asking.budget.requests == len(faults) + 1


def test_attempts_that_never_connected_cost_nothing_and_are_told(asker):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        asking = asker(max_tokens=700, max_requests=1)
        # Bound and not listening: whoever connects is refused.
        asking.client.url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1/chat/completions"

        with pytest.raises(EndpointError, match=r"asked 4 times in vain, the last time: ConnectError: .*refused"):
            asking.ask(QUESTION, number)

    assert (asking.budget.requests, asking.budget.gone.total) == (0, 0)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (refuses(503), "the last request failed: HTTP 503"),
        (says("no idea"), "the last answer could not be used: .*no JSON object"),
    ],
)
def test_a_cap_that_is_reached_does_not_hide_why_there_was_a_next_request(chat, asker, act, said):
    chat.usual = act

    with pytest.raises(EndpointError, match=rf"1 requests went out; the cap is --max-requests 1, .*; {said}"):
        asker(max_requests=1).ask(QUESTION, number)


@pytest.mark.parametrize(
    ("act", "tries", "said"),
    [
        (refuses(503), LOST + 1, "asked 4 times in vain.*HTTP 503"),
        (resets, LOST + 1, "asked 4 times in vain"),
        (refuses(429), EARLY + 1, "asked 6 times in vain.*HTTP 429"),
        (says("no idea"), UNUSABLE + 1, "3 answers cannot be used.*no JSON object"),
        (says('{"n": 3, "m": 4}'), UNUSABLE + 1, "an integer is needed, alone"),
        (says('{"n": 1', finish="length"), UNUSABLE + 1, "the answer was cut off"),
        (refuses(400, message="the prompt is too long"), 1, "rejects the request: the prompt is too long"),
    ],
    ids=["503", "reset", "429", "no JSON", "extra key", "cut", "400"],
)
def test_a_fault_that_stays_ends_in_one_line(chat, asker, act, tries, said):
    chat.usual = act

    with pytest.raises(EndpointError, match=said) as found:
        asker().ask(QUESTION, number)

    assert len(chat.requests) == tries
    assert str(found.value).isprintable()


def test_a_bad_answer_goes_back_with_the_reason(chat, asker):
    chat.plan, chat.usual = [says('{"n": "many"}'), says('{"n": 2, "m": 1}')], GOOD
    asker().ask(QUESTION, number)

    first, second, third = (request["messages"] for request in chat.requests)
    assert [message["role"] for message in second] == ["system", "user", "assistant", "user"]
    assert second[:2] == third[:2] == first
    assert second[2]["content"] == '{"n": "many"}'
    assert "an integer is needed" in second[3]["content"]
    assert third[2]["content"] == '{"n": 2, "m": 1}'


def test_a_cut_answer_gets_twice_the_room(chat, asker):
    chat.plan, chat.usual = [says('{"n": 1', finish="length")] * 2, GOOD
    asker().ask(QUESTION, number)

    assert [request["max_tokens"] for request in chat.requests] == [500, 1000, 2000]


def test_pauses_grow_and_a_named_pause_is_kept(chat, asker):
    chat.plan, chat.usual = [refuses(503)] * 3 + [refuses(429, ("Retry-After", "0.5"))], GOOD
    asker(retry_seconds=0.1).ask(QUESTION, number)

    first, second, third, named = (later - earlier for earlier, later in pairwise(chat.times))
    assert first >= 0.08
    assert second >= 0.16
    assert third >= 0.32
    assert named >= 0.5


def test_a_pause_that_the_time_does_not_allow_is_not_begun(chat, asker):
    chat.usual = refuses(429, ("Retry-After", "3600"))

    with pytest.raises(EndpointError, match=r"due in 3\.6e\+03 s, but --max-seconds leaves"):
        asker(max_seconds=20).ask(QUESTION, number)

    assert len(chat.requests) == 1


def test_the_time_ends_a_request_under_way(chat, asker):
    chat.usual = hangs
    asking = asker(max_seconds=2)

    with pytest.raises(EndpointError, match="--max-seconds"):
        asking.ask(QUESTION, number)

    assert len(chat.requests) == 1
    assert asking.budget.seconds_left > -5


def test_a_timeout_is_tried_again(chat, asker):
    chat.plan, chat.usual = [hangs], GOOD

    assert asker(timeout_seconds=2).ask(QUESTION, number) == 3


def test_requests_are_capped_over_all_kinds_of_fault(chat, asker):
    chat.plan = [refuses(503), refuses(429), says("no idea"), refuses(503), refuses(503)]

    with pytest.raises(EndpointError, match=r"4 requests went out.*--max-requests 4"):
        asker(max_requests=4).ask(QUESTION, number)

    assert len(chat.requests) == 4


@pytest.mark.parametrize("usage", [(PROMPT_TOKENS, ANSWER_TOKENS), None], ids=["counted", "not counted"])
def test_tokens_are_capped_by_what_was_counted_or_set_aside(chat, asker, usage):
    chat.usual = says("no idea", usage=usage)
    asking = asker(max_tokens=1500)

    with pytest.raises(EndpointError, match=r"--max-tokens 1500"):
        asking.ask(QUESTION, number)

    assert len(chat.requests) == (2 if usage is None else 1)
    assert asking.budget.gone.total <= 1500


def test_a_budget_too_small_for_one_request_sends_none(chat, asker):
    for caps in ({"max_tokens": 100}, {"max_cost": 1e-6, "price_input": 1, "price_output": 1}):
        with pytest.raises(EndpointError, match="the next request may"):
            asker(**caps).ask(QUESTION, number)

    assert not chat.requests


def test_money_is_capped_and_limits_the_answer(chat, asker):
    chat.usual = says("no idea", usage=None)
    asking = asker(max_cost=0.02, price_input=10, price_output=20)

    with pytest.raises(EndpointError, match=r"--max-cost 0\.02"):
        asking.ask(QUESTION, number)

    assert chat.requests
    assert 0 < asking.budget.cost <= 0.02
    assert chat.requests[0]["max_tokens"] == 500


@pytest.mark.parametrize("act", [refuses(429), refuses(400, message="temperature must be 1")], ids=["429", "400"])
def test_a_request_that_was_turned_away_takes_no_tokens(chat, asker, act):
    chat.plan, chat.usual = [act], GOOD
    asking = asker()
    asking.ask(QUESTION, number)

    assert asking.budget.gone.total == PROMPT_TOKENS + ANSWER_TOKENS


def test_a_lost_request_counts_as_taken(chat, asker):
    chat.plan, chat.usual = [refuses(504)], GOOD
    asking = asker()
    asking.ask(QUESTION, number)

    assert asking.budget.gone.total > PROMPT_TOKENS + ANSWER_TOKENS + 500


def test_what_an_endpoint_does_not_know_is_left_out(chat, asker):
    chat.plan = [
        refuses(400, message="'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead."),
        refuses(400, message="'temperature' does not support 0.0 with this model"),
        refuses(422, message="response_format.type: json_schema is not available"),
        refuses(400, message="unknown field response_format"),
    ]
    chat.usual = GOOD
    asking = asker()

    assert asking.ask(QUESTION, number) == 3
    assert asking.dialect == Dialect("max_completion_tokens", "text", temperature=False)
    assert chat.requests[-1].keys() == {"model", "messages", "max_completion_tokens"}
    assert chat.requests[0]["response_format"]["json_schema"]["strict"] is True


def test_an_endpoint_that_rejects_everything_is_asked_no_more_than_there_are_dialects(chat, asker):
    chat.usual = refuses(400, message="max_completion_tokens temperature response_format")

    with pytest.raises(EndpointError, match="rejects the request"):
        asker(max_requests=100).ask(QUESTION, number)

    assert len(chat.requests) == 5


def test_a_key_that_is_refused_ends_at_once(chat, asker):
    chat.usual = refuses(401)

    with pytest.raises(UsageError, match="refuses the key"):
        asker().ask(QUESTION, number)

    assert len(chat.requests) == 1
