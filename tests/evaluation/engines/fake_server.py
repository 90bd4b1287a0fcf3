"""An OpenAI-compatible server in a thread that answers as a test tells it to."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import monotonic
from typing import Any, NamedTuple


class Reply(NamedTuple):
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = {}
    n_sent: int | None = None
    """Bytes of the body after which the connection is cut."""


def answer(
    content: str | None, finish: str | None = "stop", tokens: list[dict[str, Any]] | None = None
) -> Reply:
    message = {"role": "assistant", "content": content}
    choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": finish}
    if tokens is not None:
        choice["logprobs"] = {"content": tokens}
    return Reply(body=json.dumps({"id": "x", "choices": [choice]}).encode())


def error(status: int, message: str, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps({"error": {"message": message}}).encode(), named)


class Call(NamedTuple):
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    time: float

    @property
    def prompt(self) -> str:
        return str(self.body["messages"][-1]["content"])


class FakeServer:
    def __init__(self, behave: Callable[[str, int], Reply]) -> None:
        self.behave = behave
        """Takes a prompt, and how often it was asked before."""
        self.calls: list[Call] = []
        self.asked: Counter[str] = Counter()
        self.under_way = self.most_under_way = 0
        self.lock = threading.Lock()
        self.url = ""

    def reply(self, call: Call) -> Reply:
        with self.lock:
            self.calls.append(call)
            n_before = self.asked[call.prompt]
            self.asked[call.prompt] += 1
            self.under_way += 1
            self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            return self.behave(call.prompt, n_before)
        finally:
            with self.lock:
                self.under_way -= 1


@contextmanager
def serving(behave: Callable[[str, int], Reply]) -> Iterator[FakeServer]:
    fake = FakeServer(behave)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            reply = fake.reply(Call(self.path, dict(self.headers), body, monotonic()))
            self.close_connection = reply.n_sent is not None
            if reply.n_sent == 0:
                return
            try:
                self.send_response(reply.status)
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body[: reply.n_sent])
            except OSError:
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
