"""The ``openai`` engine: any server of chat completions, such as ``llamafactory-cli api``, vLLM or SGLang.

Prompts become tokens in the server. A row without a system turn is sent without one: LLaMA-Factory's server
then adds its template's default system prompt, as in training; vLLM and SGLang apply the chat template that
lies in the model's folder, which for Qwen2.5 adds the same prompt, for Qwen3 none, and for others may differ.
"""

import asyncio
import os
import random
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from nerforge.evaluation.engines import (
    SERVER_GRAMMARS,
    Failure,
    ModelSpec,
    Request,
    Result,
    Server,
    sentences_of,
)
from nerforge.foundation.errors import UsageError, UserError

if TYPE_CHECKING:
    import httpx

    from nerforge.evaluation.engines.servers.openai_calls import CallOutcome

_N_FAILED_AT_FIRST = 5
"""So many rows may fail before one is answered."""
_KEY_VARIABLE = "OPENAI_API_KEY"
_FIELDS: dict[str, Callable[[str], dict[str, Any]]] = {
    "vllm": lambda grammar: {"structured_outputs": {"grammar": grammar}},
    "llama.cpp": lambda grammar: {"grammar": grammar},
    "sglang": lambda grammar: {"ebnf": grammar},
}
_LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})


class OpenAiEngine:
    """A server, asked for many rows at a time."""

    def __init__(self, spec: ModelSpec) -> None:
        """Check what the spec says of the server; nothing is asked yet.

        Raises:
            UsageError: the server's URL is missing or none.
            UserError: the key cannot be one, or an adapter is asked for.
        """
        import httpx

        if spec.server is None:
            raise UsageError("the engine openai needs the server's --url")
        self.spec = spec
        self.server: Server = spec.server
        try:
            self._url = httpx.URL(spec.server.url.rstrip("/") + "/")
        except httpx.InvalidURL as err:
            raise UsageError(f"--url is no URL: {err}") from err
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise UsageError(
                "--url must be the server's address up to and with /v1, http://localhost:8000/v1"
            )
        self._variable = spec.server.key_variable or _KEY_VARIABLE
        is_meant = spec.server.key_variable is not None
        self._grammar_field = _grammar_field(spec)
        self._may_send = is_meant or self._url.scheme == "https" or self._url.host in _LOCAL
        self._key = _read_key(self._variable) if self._may_send else ""
        self.use_adapter(spec.adapter)

    def use_adapter(self, adapter: str | None) -> None:
        """Accept no adapter: a server has its own.

        Raises:
            UserError: one is asked for.
        """
        if adapter is not None:
            raise UserError(
                f"adapter {adapter}: a server loads its adapters itself; start it with the adapter (vLLM: "
                "--enable-lora --lora-modules NAME=FOLDER) and give what it calls it as --model"
            )

    def predict(self, requests: Sequence[Request], batch_size: int) -> Iterator[list[Result]]:
        """Yield results as they come.

        Rows are asked in random order: those that fail every time would stand together at the head of the
        next run, and look like a server that is down.

        Raises:
            UserError: the server cannot be reached, refuses every row, or many rows failed one after another.
        """
        if self.spec.constraint is not None:
            sentences_of(requests)
        waiting = deque(random.sample(requests, len(requests)))
        concurrency = batch_size or self.server.concurrency
        with asyncio.Runner() as runner:
            client = self._client(concurrency)
            try:
                yield from self._run(runner, client, waiting, concurrency)
            finally:
                runner.run(client.aclose())

    def _run(
        self,
        runner: asyncio.Runner,
        client: "httpx.AsyncClient",
        waiting: deque[Request],
        concurrency: int,
    ) -> Iterator[list[Result]]:
        from nerforge.evaluation.engines.servers.openai_calls import Caller, Pace

        pace = Pace(self.server.per_minute)
        caller = Caller(
            client, self._fields(), pace, self.server.timeout, self.server.n_attempts, self._grammar_field
        )
        under_way: set[asyncio.Task[CallOutcome]] = set()
        is_answering = False
        n_failed = 0
        while waiting or under_way:
            # A server that answers nothing is not pressed with many rows to find that out.
            while waiting and len(under_way) < (concurrency if is_answering else 1):
                under_way.add(runner.get_loop().create_task(caller.ask(waiting.popleft())))
            ended, under_way = runner.run(_first(under_way))
            outcomes = [task.result() for task in ended]
            yield [outcome.result for outcome in outcomes]
            if any(not isinstance(outcome.result, Failure) for outcome in outcomes):
                is_answering, n_failed = True, 0
            else:
                n_failed += len(outcomes)
            limit = max(_N_FAILED_AT_FIRST, 2 * concurrency if is_answering else 0)
            self._end_if_hopeless(outcomes, n_failed >= limit and bool(waiting), n_failed)

    def _end_if_hopeless(self, outcomes: Sequence["CallOutcome"], many_failed: bool, n_failed: int) -> None:
        failures = [(x.result, x.ends_run) for x in outcomes if isinstance(x.result, Failure)]
        fatal = next((failure for failure, ends_run in failures if ends_run), None)
        if fatal is not None:
            raise UserError(f"{self._place()}: {fatal.error.rstrip('.')}{self._hint(fatal.error)}")
        if many_failed:
            raise UserError(
                f"{self._place()}: {n_failed} rows failed one after another, the last with: "
                f"{failures[-1][0].error}; the others were not asked, run the same command again to go on"
            )

    def _place(self) -> str:
        shown = self._url.copy_with(username=None, password=None, query=None)
        return f"server {shown}, model {self.spec.model!r}"

    def _hint(self, error: str) -> str:
        if error.startswith(("HTTP 401", "HTTP 403")):
            if not self._may_send:
                return (
                    f"; {self._variable} is not sent to another machine over http; use https, or name the "
                    "variable of this server's key with --key-variable"
                )
            state = "does not fit" if self._key else "is not set"
            return f"; the key is read from the environment variable {self._variable}, which {state}"
        if error.startswith("HTTP 404"):
            return "; --url must end in /v1 as a rule, and --model be a name that the server lists"
        return "; run the same command again to go on"

    def _fields(self) -> dict[str, Any]:
        asked = {"logprobs": True} if self.spec.keeps_logprobs else {}
        return {"model": self.spec.model, "temperature": 0, "max_tokens": self.spec.max_new_tokens, **asked}

    def _client(self, concurrency: int) -> "httpx.AsyncClient":
        import httpx

        return httpx.AsyncClient(
            base_url=self._url,
            headers={"Authorization": f"Bearer {self._key}"} if self._key else {},
            # The caller limits the whole call; httpx would limit each piece that is read.
            timeout=None,
            limits=httpx.Limits(max_connections=concurrency),
            # A proxy of the environment does not reach this machine's own servers.
            trust_env=self._url.host not in _LOCAL,
        )


async def _first(
    under_way: set["asyncio.Task[CallOutcome]"],
) -> tuple[set["asyncio.Task[CallOutcome]"], set["asyncio.Task[CallOutcome]"]]:
    return await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)


def _grammar_field(spec: ModelSpec) -> "Callable[[str], dict[str, Any]] | None":
    """Give what makes of a sentence the field that holds the grammar of its answer.

    Raises:
        UsageError: it is not said which field the server knows, or no answer is constrained.
    """
    constraint, kind = spec.constraint, spec.server.server_grammar if spec.server else None
    if constraint is None:
        if kind is not None:
            raise UsageError("--server-grammar goes with --constrain")
        return None
    if kind is None:
        raise UsageError(
            f"--constrain with --engine openai needs --server-grammar: {', '.join(SERVER_GRAMMARS)}"
        )
    wrap = _FIELDS[kind]
    return lambda sentence: wrap(constraint.grammar(sentence).gbnf())


def _read_key(variable: str) -> str:
    key = os.environ.get(variable, "").strip()
    if not (key.isascii() and key.isprintable()) or " " in key:
        raise UserError(f"the environment variable {variable} holds what no key holds: spaces or non-ASCII")
    return key
