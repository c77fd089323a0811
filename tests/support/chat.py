"""A server on the loopback that speaks chat completions, and misbehaves when told to."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROMPT_TOKENS, ANSWER_TOKENS = 700, 400
MIDDLES = {"systolic": 136.0, "diastolic": 79.0, "heart_rate": 71.0, "temperature": 36.6}


@dataclass
class Chat:
    """What the server does and what came in."""

    url: str
    plan: list[Callable] = field(default_factory=list)
    """What to do with the next requests, in order; then ``usual`` for all others."""
    usual: Callable = None
    requests: list[dict] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    @property
    def prompts(self) -> list[str]:
        """Return the last message of each request."""
        return [request["messages"][-1]["content"] for request in self.requests]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        chat = self.server.chat
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        chat.times.append(time.monotonic())
        chat.paths.append(self.path)
        chat.keys.append(self.headers["Authorization"])
        chat.requests.append(body)
        act = chat.plan.pop(0) if chat.plan else chat.usual
        self.close_connection = True
        with suppress(BrokenPipeError, ConnectionResetError):
            act(self, body)

    def log_message(self, *_):
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Say nothing of a client that has gone."""


@contextmanager
def chat_server() -> Iterator[Chat]:
    """Serve on a free port of the loopback until the end."""
    with _Server(("127.0.0.1", 0), _Handler) as server:
        server.chat = Chat(f"http://127.0.0.1:{server.server_port}/v1", usual=model())
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield server.chat
        server.chat.over.set()
        server.shutdown()
        thread.join()


def send(handler, status, content, headers=()):
    handler.send_response(status)
    for name, value in headers:
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def completion(text, *, finish="stop", usage=(PROMPT_TOKENS, ANSWER_TOKENS)):
    """Return what an endpoint sends for an answer."""
    found = {"id": "chat-1", "choices": [{"message": {"role": "assistant", "content": text}, "finish_reason": finish}]}
    if usage is not None:
        found["usage"] = {"prompt_tokens": usage[0], "completion_tokens": usage[1]}
    return json.dumps(found).encode()


def says(text, **how):
    """Return an act: answer with a text, whatever is asked."""
    return lambda handler, _: send(handler, 200, completion(text, **how))


def refuses(status, *headers, message="no", code=None):
    """Return an act: answer with an error."""
    content = json.dumps({"error": {"message": message, "code": code}}).encode()
    return lambda handler, _: send(handler, status, content, headers)


def sends(content, *headers, status=200):
    """Return an act: send some bytes as they are."""
    return lambda handler, _: send(handler, status, content, headers)


def hangs(handler, _):
    """Answer nothing until the test is over."""
    handler.server.chat.over.wait(30)


def trickles(handler, _):
    """Send a byte now and then, for ever: no single read ever waits for long."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.chat.over.wait(0.02):
        handler.wfile.write(b" ")
        handler.wfile.flush()


def resets(handler, _):
    """Break the connection off."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def schema_of(body):
    """Return the schema of a question, which stands at the end of its second message."""
    return json.loads(body["messages"][1]["content"].splitlines()[-1])


def blueprint(body, **changes):
    """Return parameters that fit a question."""
    schema = schema_of(body)
    arms, visits = schema["properties"]["means"]["properties"], schema["$defs"]["visits"]["properties"]
    one = {
        "means": {arm: {visit: dict(MIDDLES) for visit in visits} for arm in arms},
        "standard_deviations": {"systolic": 16.0, "diastolic": 10.0, "heart_rate": 9.5, "temperature": 0.4},
        "between_subject_share": {"systolic": 0.6, "diastolic": 0.55, "heart_rate": 0.5, "temperature": 0.45},
        "pressure_correlation": 0.5,
        "retention": dict.fromkeys(arms, 0.8),
        "age": {"mean": 58.0, "sd": 9.0, "youngest": 40, "oldest": 80},
        "share_of_women": 0.45,
    }
    return one | changes


def subjects(body, *, number=None, seed=0):
    """Return invented subjects as a question asks for them."""
    text = body["messages"][1]["content"]
    wanted = text.count("\n- systolic percentile") if number is None else number
    item = schema_of(body)["properties"]["subjects"]["items"]["properties"]["readings"]
    visits = int(item["description"].split()[0])
    draw = random.Random(f"{seed} {text}")
    found = []
    for _ in range(wanted):
        level = draw.gauss(0, 1), draw.gauss(0, 1), draw.gauss(0, 1)
        readings = [
            [
                round(136 + 12 * level[0] + draw.gauss(0, 9)),
                round(79 + 6 * level[0] + draw.gauss(0, 5)),
                round(71 + 7 * level[1] + draw.gauss(0, 6)),
                round(36.6 + 0.3 * level[2] + draw.gauss(0, 0.25), 1),
            ]
            for _ in range(visits)
        ]
        found.append({"readings": readings})
    return {"subjects": found}


def model(*, wrap="{}", **changes):
    """Return an act: answer whatever is asked as a good model does, the text wrapped in words."""

    def act(handler, body):
        asked = schema_of(body)["properties"]
        found = subjects(body) if "subjects" in asked else blueprint(body, **changes)
        send(handler, 200, completion(wrap.replace("{}", json.dumps(found))))

    return act
