"""One row's calls to an OpenAI-compatible server: paced, tried again where that may help, and understood.

httpx is used as it is: the ``openai`` package stands on it too, and its own retries know neither garbage in
place of an answer nor a limit of requests in a minute.
"""

import asyncio
import random
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import httpx
import msgspec

from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs, lengths_of_spelt, measured
from nerforge.evaluation.engines import Failure, Prediction, Request, Result
from nerforge.foundation.errors import UserError
from nerforge.foundation.printing import printable

FIRST_WAIT = 1.0
"""Seconds before a row is asked a second time; twice as many before each further time."""
_LONGEST_WAIT = 60.0
_LONGEST_ORDERED_WAIT = 600.0
"""A server that orders a longer one is out of quota."""
_MAY_PASS = frozenset({408, 409, 425, 429})
_NO_ROW_PASSES = frozenset({401, 403, 404})
_EXCERPT = 300


class CallError(Exception):
    """A call that gave no answer."""

    wait = 0.0
    """Seconds that the server orders to wait before the next call."""


class UnansweredError(CallError):
    """This call gave no answer; the next may."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        """Keep the wait beside the message."""
        super().__init__(message)
        self.wait = wait


class UnreachableError(UnansweredError):
    """There is no server there, or not yet."""


class RefusedError(CallError):
    """The server will not answer this row."""


class ClosedServerError(CallError):
    """The server will not answer any row."""


class _Message(msgspec.Struct):
    content: str | None = None


class _Token(msgspec.Struct):
    token: str
    logprob: float
    codes: list[int] | None = msgspec.field(name="bytes", default=None)

    def piece(self) -> bytes:
        """Give the bytes of the token; as text, a part of a character would be lost."""
        return self.token.encode() if self.codes is None else bytes(self.codes)


class _Logprobs(msgspec.Struct):
    content: list[_Token] | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Reply(msgspec.Struct):
    choices: list[_Choice]


class CallOutcome(NamedTuple):
    """What became of a row."""

    result: Result
    ends_run: bool = False
    """Whether what failed is not the row's: the server cannot be reached, or refuses every row."""


class Pace:
    """Spaces the calls of all rows evenly, and holds them all where the server asks for it."""

    def __init__(self, per_minute: int | None) -> None:
        """Begin without a wait."""
        self._gap = 60 / per_minute if per_minute else 0.0
        self._next = 0.0

    async def wait(self) -> None:
        """Wait for this call's turn."""
        # 60 calls a minute: turns at 0 s, 1 s, 2 s; after a pause the next one is at once, none are saved up.
        turn = max(self._next, time.monotonic())
        self._next = turn + self._gap
        while (left := turn - time.monotonic()) > 0:
            await asyncio.sleep(left)

    def hold(self, seconds: float) -> None:
        """Let no call begin for some seconds."""
        self._next = max(self._next, time.monotonic() + seconds)


class Caller:
    """Asks a server for rows."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        fields: dict[str, Any],
        pace: Pace,
        timeout: float,
        n_attempts: int,
        constrain: Callable[[str], dict[str, Any]] | None = None,
    ) -> None:
        """Prepare.

        Args:
            client: Its base URL is the server's.
            fields: What every call says beside the messages.
            pace: Shared by all rows.
            timeout: Seconds that a call may take.
            n_attempts: How often a row is asked.
            constrain: Gives what a call about a sentence says of its answer's grammar; None where it is free.
        """
        self._client = client
        self._fields = fields
        self._pace = pace
        self._timeout = timeout
        self._n_attempts = n_attempts
        self._constrain = constrain

    async def ask(self, request: Request) -> CallOutcome:
        """Ask for a row until it is answered, refused, or was asked often enough."""
        try:
            grammar = self._constrain(request.sentence or "") if self._constrain else {}
        except UserError as err:
            return CallOutcome(Failure(request.id, str(err)))
        for attempt in range(1, self._n_attempts + 1):
            await self._pace.wait()
            try:
                return CallOutcome(await self._call(request, grammar))
            except UnansweredError as err:
                error, ends_run = err, isinstance(err, UnreachableError)
            except CallError as err:
                return CallOutcome(Failure(request.id, str(err), attempt), isinstance(err, ClosedServerError))
            if error.wait:
                self._pace.hold(error.wait)
            if attempt < self._n_attempts:
                await asyncio.sleep(_spread(min(FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT)))
        return CallOutcome(Failure(request.id, str(error), self._n_attempts), ends_run)

    async def _call(self, request: Request, grammar: dict[str, Any]) -> Prediction:
        messages = [{"role": "user", "content": request.prompt}]
        if request.system:
            messages.insert(0, {"role": "system", "content": request.system})
        try:
            async with asyncio.timeout(self._timeout):
                response = await self._client.post(
                    "chat/completions", json={**self._fields, **grammar, "messages": messages}
                )
        except (TimeoutError, httpx.TimeoutException):
            raise UnansweredError(f"no answer within {self._timeout:g} s") from None
        except httpx.ConnectError as err:
            raise UnreachableError(f"cannot be reached: {_said(str(err))}") from err
        except httpx.RequestError as err:
            raise UnansweredError(f"the connection broke: {_said(str(err)) or type(err).__name__}") from err
        return read_answer(request.id, response, keeps_logprobs=bool(self._fields.get("logprobs")))


def read_answer(row_id: str, response: httpx.Response, *, keeps_logprobs: bool = False) -> Prediction:
    """Read a server's response.

    Args:
        row_id: Whose answer it is.
        response: The response.
        keeps_logprobs: Whether log-probabilities were asked for.

    Raises:
        CallError: it holds no answer.
    """
    if not response.is_success:
        raise _error_of(response)
    try:
        choice = msgspec.json.decode(response.content, type=_Reply).choices[0]
    except (msgspec.DecodeError, UnicodeDecodeError, IndexError) as err:
        raise UnansweredError(
            f"what came is no chat completion: {_keyless(response, response.text)!r}"
        ) from err
    if choice.finish_reason == "content_filter":
        raise RefusedError("the server withheld its answer (content_filter)")
    if choice.message.content is None:
        raise UnansweredError(f"the answer holds no text (finish_reason {choice.finish_reason})")
    finish = "length" if choice.finish_reason == "length" else "stop"
    logprobs = _read_logprobs(choice) if keeps_logprobs else None
    return Prediction(row_id, choice.message.content, finish, logprobs)


def _read_logprobs(choice: _Choice) -> TokenLogprobs:
    """Lay a server's log-probabilities over its answer; empty where its tokens do not spell the answer.

    Raises:
        ClosedServerError: it gives none.
    """
    text = choice.message.content or ""
    tokens = None if choice.logprobs is None else choice.logprobs.content
    if tokens is None or (text and not tokens):
        raise ClosedServerError(
            "gives no log-probabilities of tokens, as llamafactory-cli api does not; vLLM and SGLang do: "
            "ask one of them, or leave --confidence out"
        )
    lengths = lengths_of_spelt([token.piece() for token in tokens], text)
    if lengths is None:
        return TokenLogprobs([], [])
    # Some servers show the token that stopped the answer, which is none of its text.
    has_stop = choice.finish_reason == "stop" and bool(lengths) and lengths[-1] == 0
    n = len(tokens) - has_stop
    stop = tokens[-1].logprob if has_stop else None
    return measured(lengths[:n], [token.logprob for token in tokens[:n]], stop)


def _error_of(response: httpx.Response) -> CallError:
    status = response.status_code
    message = f"HTTP {status}: {server_message(response)}"
    if status in _MAY_PASS or status >= 500:
        wait = retry_after(response.headers.get("retry-after", ""))
        if wait > _LONGEST_ORDERED_WAIT:
            return ClosedServerError(f"{message} (asks to wait {wait:.0f} s)")
        return UnansweredError(message, wait)
    # A redirect is not followed: it would take the key along.
    return ClosedServerError(message) if status in _NO_ROW_PASSES or status < 400 else RefusedError(message)


def server_message(response: httpx.Response) -> str:
    """Give the server's own words, wherever the usual servers put them, without the key."""
    try:
        body = response.json()
    except ValueError:
        body = None
    said: Any = response.text
    # {"error": {"message": ...}} of OpenAI, {"detail": ...} of FastAPI, {"message": ...} of proxies.
    for key in ("error", "detail", "message"):
        if isinstance(body, dict) and key in body:
            said = body = body[key]
    return _keyless(response, str(said)) or response.headers.get("location", "") or response.reason_phrase


def retry_after(value: str) -> float:
    """Read a Retry-After header, seconds or a date; 0 where it says nothing."""
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError, OverflowError):
        return 0.0


def _keyless(response: httpx.Response, text: str) -> str:
    key = response.request.headers.get("authorization", "").partition(" ")[2]
    return _said(text.replace(key, "***") if key else text)


def _said(text: str) -> str:
    return printable(" ".join(text[: 2 * _EXCERPT].split()))[:_EXCERPT]


def _spread(seconds: float) -> float:
    # Rows that failed together should not come back together.
    return seconds * random.uniform(0.5, 1.0)
