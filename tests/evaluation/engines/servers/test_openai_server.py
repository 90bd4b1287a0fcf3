import json
import random
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from fake_server import FakeServer, Reply, answer, error, serving

from nerforge.cli import main
from nerforge.evaluation.confidence.token_logprobs import TokenLogprobs
from nerforge.evaluation.constraints.constraint import make_constraint
from nerforge.evaluation.engines import Failure, ModelSpec, Prediction, Request, Result, Server, load_engine
from nerforge.evaluation.engines.servers.openai_server import OpenAiEngine
from nerforge.evaluation.predicting.answer_log import failures_path
from nerforge.evaluation.predicting.predictions import predict, read_predictions, read_requests
from nerforge.foundation.errors import UsageError, UserError
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.templates.domain import Label, LabelSchema
from tests.slot_sets import place_slots

calls = pytest.importorskip("nerforge.evaluation.engines.servers.openai_calls", reason="needs httpx")

KEY = "sk-very-secret"
ROWS = [Request(f"r{i}", f"question {i}") for i in range(12)]


@pytest.fixture(autouse=True)
def quick_retries_and_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "FIRST_WAIT", 0.01)
    monkeypatch.setenv("NER_KEY", KEY)


def spec(fake: FakeServer, **changes: object) -> ModelSpec:
    settings = {"key_variable": "NER_KEY", "concurrency": 4, "timeout": 5.0, "n_attempts": 4, **changes}
    keeps = bool(settings.pop("keeps_logprobs", False))
    server = Server(fake.url, **settings)  # type: ignore[arg-type]
    return ModelSpec("ner", None, "", 64, server=server, keeps_logprobs=keeps)


def ask(fake: FakeServer, rows: list[Request] = ROWS, **changes: object) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for group in load_engine("openai", spec(fake, **changes)).predict(rows, 0):
        for result in group:
            assert result.id not in found
            found[result.id] = result
    return found


def echo(prompt: str, n_before: int) -> Reply:
    return answer(f"re: {prompt}")


ALL_ECHOED = {row.id: Prediction(row.id, f"re: {row.prompt}", "stop") for row in ROWS}


def once(trouble: Reply) -> Callable[[str, int], Reply]:
    """Every row meets trouble the first time."""
    return lambda prompt, n_before: echo(prompt, n_before) if n_before else trouble


def test_a_call_is_greedy_and_holds_the_key() -> None:
    with serving(echo) as fake:
        ask(fake, ROWS[:1])
    [call] = fake.calls
    assert call.path == "/v1/chat/completions"
    assert call.body == {
        "model": "ner",
        "temperature": 0,
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "question 0"}],
    }
    assert {k.lower(): v for k, v in call.headers.items()}["authorization"] == f"Bearer {KEY}"


CONSTRAINT = make_constraint("xml", LabelSchema((Label("dis", "疾病", "illness"),)))


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("vllm", lambda grammar: {"structured_outputs": {"grammar": grammar}}),
        ("llama.cpp", lambda grammar: {"grammar": grammar}),
        ("sglang", lambda grammar: {"ebnf": grammar}),
    ],
    ids=["vllm", "llama.cpp", "sglang"],
)
def test_a_call_holds_the_grammar_of_its_sentence(
    kind: str, field: Callable[[str], dict[str, object]]
) -> None:
    rows = [Request("a", "question", None, "肺炎")]
    with serving(echo) as fake:
        held = replace(spec(fake, server_grammar=kind), constraint=CONSTRAINT)
        list(load_engine("openai", held).predict(rows, 0))
    grammar = CONSTRAINT.grammar("肺炎").gbnf()
    assert grammar.startswith("root ::= ")
    assert fake.calls[0].body.items() >= field(grammar).items()


def test_a_grammar_needs_its_field_a_sentence_and_a_constraint() -> None:
    with serving(echo) as fake:
        with pytest.raises(UsageError, match=r"needs --server-grammar: vllm, llama\.cpp, sglang"):
            load_engine("openai", replace(spec(fake), constraint=CONSTRAINT))
        with pytest.raises(UsageError, match="--server-grammar goes with --constrain"):
            load_engine("openai", spec(fake, server_grammar="vllm"))
        held = load_engine("openai", replace(spec(fake, server_grammar="vllm"), constraint=CONSTRAINT))
        with pytest.raises(UserError, match="nothing tells which sentence"):
            list(held.predict(ROWS, 0))
        [[failure]] = held.predict([Request("a", "question", None, "\ud800")], 0)
    assert isinstance(failure, Failure) and "surrogate" in failure.error
    assert not fake.calls


def test_a_system_turn_comes_first() -> None:
    with serving(echo) as fake:
        ask(fake, [Request("a", "question", "be brief")])
    assert [turn["role"] for turn in fake.calls[0].body["messages"]] == ["system", "user"]


def test_without_a_key_none_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NER_KEY")
    with serving(echo) as fake:
        ask(fake, ROWS[:1])
    assert "authorization" not in {name.lower() for name in fake.calls[0].headers}


def test_answers_that_come_out_of_order_keep_their_ids() -> None:
    def dawdle(prompt: str, n_before: int) -> Reply:
        time.sleep(random.Random(prompt).uniform(0, 0.1))
        return echo(prompt, n_before)

    with serving(dawdle) as fake:
        found = ask(fake)
    assert found == ALL_ECHOED
    assert list(found) != [row.id for row in ROWS]
    assert 1 < fake.most_under_way <= 4
    assert max(fake.asked.values()) == 1


@pytest.mark.whole
@pytest.mark.parametrize(
    "trouble",
    [
        error(429, "slow down"),
        error(429, "slow down", Retry_After="0"),
        error(500, "oops"),
        error(503, "loading"),
        Reply(n_sent=0),
        answer("half of an answer")._replace(n_sent=30),
        Reply(body=b"<html>gateway</html>"),
        Reply(body=b"\xff\xfe"),
        Reply(body=b'{"choices": []}'),
        Reply(body=b'{"choices": [{"message": "text"}]}'),
        answer(None),
    ],
    ids=["429", "429 retry-after", "500", "503", "cut", "half", "html", "bytes", "none", "shape", "null"],
)
def test_trouble_that_passes_costs_no_row(trouble: Reply) -> None:
    with serving(once(trouble)) as fake:
        assert ask(fake) == ALL_ECHOED
    assert set(fake.asked.values()) == {2}


def test_an_answer_that_takes_too_long_is_asked_for_again() -> None:
    def slow_once(prompt: str, n_before: int) -> Reply:
        time.sleep(0 if n_before else 0.6)
        return echo(prompt, n_before)

    with serving(slow_once) as fake:
        assert ask(fake, ROWS[:5], timeout=0.3) == {row.id: ALL_ECHOED[row.id] for row in ROWS[:5]}


def test_retry_after_holds_every_row() -> None:
    def busy(prompt: str, n_before: int) -> Reply:
        first = not n_before and prompt == "question 3"
        return error(429, "slow down", Retry_After="1") if first else echo(prompt, n_before)

    with serving(busy) as fake:
        assert ask(fake, concurrency=1) == ALL_ECHOED
    told = next(call.time for call in fake.calls if call.prompt == "question 3")
    later = [call.time for call in fake.calls if call.time > told]
    assert later
    assert min(later) - told > 0.9


@pytest.mark.parametrize(
    ("value", "seconds"),
    [("7", 7), ("0.5", 0.5), ("-3", 0), ("soon", 0), ("", 0), ("Thu, 01 Jan 1970 00:00:10 GMT", 0)],
)
def test_retry_after_is_seconds_or_a_date(value: str, seconds: float) -> None:
    assert calls.retry_after(value) == seconds


def test_retry_after_may_be_a_date_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls.time, "time", lambda: 4.0)
    assert calls.retry_after("Thu, 01 Jan 1970 00:00:10 GMT") == 6


def test_requests_in_a_minute_are_limited() -> None:
    with serving(echo) as fake:
        ask(fake, ROWS[:6], per_minute=600)
    times = sorted(call.time for call in fake.calls)
    assert min(b - a for a, b in pairwise(times)) > 0.05
    assert times[-1] - times[0] > 0.4


def test_an_answer_cut_at_the_limit_is_marked() -> None:
    with serving(lambda prompt, n_before: answer("begun", "length")) as fake:
        assert ask(fake, ROWS[:1]) == {"r0": Prediction("r0", "begun", "length")}


def test_an_empty_answer_is_an_answer() -> None:
    with serving(lambda prompt, n_before: answer("", None)) as fake:
        assert ask(fake, ROWS[:1]) == {"r0": Prediction("r0", "", "stop")}


@pytest.mark.whole
@pytest.mark.parametrize(
    ("trouble", "message", "n_attempts"),
    [
        (error(400, "the prompt is too long"), "HTTP 400: the prompt is too long", 1),
        (answer("…", "content_filter"), "the server withheld its answer (content_filter)", 1),
        (error(500, "oops"), "HTTP 500: oops", 4),
        (answer(None, "tool_calls"), "the answer holds no text (finish_reason tool_calls)", 4),
        (Reply(body=b"{"), "what came is no chat completion: '{'", 4),
    ],
    ids=["400", "filter", "500", "null", "garbage"],
)
def test_a_row_that_fails_every_time_is_recorded_and_the_others_are_answered(
    trouble: Reply, message: str, n_attempts: int
) -> None:
    def fail_for_some(prompt: str, n_before: int) -> Reply:
        return trouble if prompt in ("question 2", "question 7") else echo(prompt, n_before)

    with serving(fail_for_some) as fake:
        found = ask(fake)
    assert found == {
        **ALL_ECHOED,
        "r2": Failure("r2", message, n_attempts),
        "r7": Failure("r7", message, n_attempts),
    }
    assert fake.asked["question 2"] == n_attempts


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "NER_KEY, which does not fit"), (403, "NER_KEY, which"), (404, "must end in /v1"), (302, "go on")],
)
def test_what_no_row_passes_ends_the_run_at_once_without_the_key(status: int, hint: str) -> None:
    with (
        serving(lambda prompt, n_before: error(status, f"no: {KEY}")) as fake,
        pytest.raises(UserError, match=rf"model 'ner': HTTP {status}: no: \*\*\*;.*{hint}"),
    ):
        ask(fake)
    assert len(fake.calls) == 1


def test_garbage_that_repeats_the_key_is_recorded_without_it() -> None:
    with serving(lambda prompt, n_before: Reply(body=f"debug: {KEY}".encode())) as fake:
        message = "what came is no chat completion: 'debug: ***'"
        assert ask(fake, ROWS[:1]) == {"r0": Failure("r0", message, 4)}


def test_a_server_that_refuses_the_first_rows_ends_the_run() -> None:
    with (
        serving(lambda prompt, n_before: error(400, "max_tokens is too large")) as fake,
        pytest.raises(
            UserError, match=r"5 rows failed one after another, .*: HTTP 400: max_tokens is too large"
        ),
    ):
        ask(fake)
    assert len(fake.calls) == 5


def test_few_rows_that_all_fail_are_recorded_as_failures() -> None:
    with serving(lambda prompt, n_before: error(400, "too long")) as fake:
        assert set(ask(fake, ROWS[:3])) == {"r0", "r1", "r2"}


def test_no_server_ends_the_run() -> None:
    with serving(echo) as fake:
        pass
    with pytest.raises(
        UserError, match=r"server http://127\.0\.0\.1:\d+/v1/, model 'ner': cannot be reached"
    ):
        ask(fake)


def test_a_quota_that_is_used_up_ends_the_run() -> None:
    with (
        serving(lambda prompt, n_before: error(429, "daily limit", Retry_After="7200")) as fake,
        pytest.raises(UserError, match=r"daily limit \(asks to wait 7200 s\)"),
    ):
        ask(fake)
    assert len(fake.calls) == 1


@pytest.mark.whole
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b'{"error": {"message": "deep"}}', "deep"),
        (b'{"error": "flat"}', "flat"),
        (b'{"detail": "fastapi"}', "fastapi"),
        (b'{"object": "error", "message": "old vLLM"}', "old vLLM"),
        (b"plain\n text \x1b[31m", r"plain text \x1b[31m"),
        (b"", "Bad Request"),
    ],
)
def test_a_servers_message_is_found(body: bytes, message: str) -> None:
    with serving(lambda prompt, n_before: Reply(400, body)) as fake:
        assert ask(fake, ROWS[:1]) == {"r0": Failure("r0", f"HTTP 400: {message}", 1)}


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://host/v1", "http://", "http://[::1"])
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--url"):
        load_engine("openai", ModelSpec("m", None, "", server=Server(url)))


def test_a_server_is_needed_and_takes_no_adapter() -> None:
    with pytest.raises(UsageError, match="needs the server's --url"):
        load_engine("openai", ModelSpec("m", None, ""))
    with pytest.raises(UserError, match="give what it calls it as --model"):
        load_engine("openai", ModelSpec("m", "adapter", "", server=Server("http://localhost/v1")))


def test_a_key_that_is_none_is_refused_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NER_KEY", "密钥 geheim")
    with pytest.raises(UserError, match="NER_KEY holds what no key holds") as caught:
        load_engine("openai", ModelSpec("m", None, "", server=Server("http://localhost/v1", "NER_KEY")))
    assert "geheim" not in str(caught.value)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("power") / "data"
    place_slots(SlotOptions(300), DatasetOptions(folder, prompt="short"))
    return folder


@pytest.mark.whole
def test_on_a_bad_day_every_id_ends_as_answered_or_as_a_failure_that_is_asked_again(
    data: Path, tmp_path: Path
) -> None:
    rows = list(read_requests(data, "test"))
    broken = {row.prompt for row in rows[::10]}
    troubles = [
        error(429, "busy"),
        error(429, "busy", Retry_After="0"),
        error(500, "oops"),
        Reply(n_sent=0),
        Reply(body=b"garbage"),
        answer(None),
    ]
    is_mended = False

    def bad_day(prompt: str, n_before: int) -> Reply:
        rng = random.Random(f"{prompt} {n_before}")
        time.sleep(rng.uniform(0, 0.02))
        if prompt in broken and not is_mended:
            return error(500, "never")
        return rng.choice(troubles) if n_before < 2 and rng.random() < 0.4 else echo(prompt, n_before)

    out = tmp_path / "p.jsonl"
    with serving(bad_day) as fake:
        done = predict(data, "test", spec(fake), out, engine="openai")
        failed = [json.loads(line) for line in failures_path(out).read_text().splitlines()]
        assert {row["id"] for row in failed} == {row.id for row in rows if row.prompt in broken}
        assert {(row["error"], row["n_attempts"]) for row in failed} == {("HTTP 500: never", 4)}
        assert (done.n_new, done.n_failed) == (len(rows) - len(failed), len(failed))
        assert set(read_predictions(out)) == {row.id for row in rows if row.prompt not in broken}
        is_mended = True
        n_before = len(fake.calls)
        again = predict(data, "test", spec(fake), out, engine="openai")
    assert {call.prompt for call in fake.calls[n_before:]} == broken
    assert (again.n_new, again.n_failed) == (len(failed), 0)
    assert read_predictions(out) == {row.id: f"re: {row.prompt}" for row in rows}
    assert not failures_path(out).exists()


@pytest.mark.parametrize(
    ("url", "variable", "is_sent"),
    [
        ("http://localhost:8000/v1", None, True),
        ("http://127.0.0.1:8000/v1", None, True),
        ("https://ner.example/v1", None, True),
        ("http://ner.example/v1", None, False),
        ("http://ner.example/v1", "OPENAI_API_KEY", True),
    ],
)
def test_a_key_that_was_not_named_is_not_sent_to_another_machine_in_the_open(
    url: str, variable: str | None, is_sent: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    engine = OpenAiEngine(ModelSpec("ner", None, "", server=Server(url, variable)))
    client = engine._client(1)
    assert (client.headers.get("authorization") == f"Bearer {KEY}") is is_sent
    hint = engine._hint("HTTP 401: no")
    assert hint.endswith("OPENAI_API_KEY, which does not fit" if is_sent else "with --key-variable")


@pytest.mark.whole
def test_the_command_says_how_many_rows_failed_and_where_that_stands(data: Path, tmp_path: Path) -> None:
    refused = list(read_requests(data, "test"))[4].prompt
    out = tmp_path / "p.jsonl"
    with serving(lambda p, n: error(400, "too long") if p == refused else echo(p, n)) as fake:
        command = ["predict", "--engine", "openai", "--url", fake.url, "--model", "ner", "--data", str(data)]
        done = CliRunner().invoke(main, [*command, "--key-variable", "NER_KEY", "--out", str(out)])
    assert done.exit_code == 1
    assert f"1 rows could not be answered, see {failures_path(out)}" in done.stderr
    assert KEY not in done.output + "".join(path.read_text() for path in tmp_path.glob("p.jsonl*"))


def token(text: str | bytes, logprob: float) -> dict[str, object]:
    data = text.encode() if isinstance(text, str) else text
    return {
        "token": data.decode("utf-8", "replace"),
        "logprob": logprob,
        "bytes": list(data),
        "top_logprobs": [],
    }


SPELT = [token("发".encode()[:2], -0.5), token("发".encode()[2:], -1.0), token("<|im_end|>", -0.25)]


@pytest.mark.parametrize(
    ("tokens", "finish", "kept"),
    [
        (SPELT, "stop", TokenLogprobs([2, 1], [-0.5, -1.0], -0.25)),
        (SPELT[:2], "stop", TokenLogprobs([2, 1], [-0.5, -1.0])),
        (SPELT[:2], "length", TokenLogprobs([2, 1], [-0.5, -1.0])),
        ([token("other", -0.5)], "stop", TokenLogprobs([], [])),
    ],
    ids=["a stop that is shown", "none", "truncated", "of another text"],
)
def test_log_probabilities_lie_over_the_answer(
    tokens: list[dict[str, object]], finish: str, kept: TokenLogprobs
) -> None:
    with serving(lambda prompt, n_before: answer("发", finish, tokens)) as fake:
        found = ask(fake, ROWS[:1], keeps_logprobs=True)
    assert fake.calls[0].body["logprobs"] is True
    assert found == {"r0": Prediction("r0", "发", finish, kept)}


def test_a_server_without_log_probabilities_ends_the_run() -> None:
    with serving(echo) as fake, pytest.raises(UserError, match="gives no log-probabilities of tokens"):
        ask(fake, keeps_logprobs=True)
