"""Decoding many rows at a time gives, token for token, what decoding them one by one gives."""

import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from nerforge.foundation.errors import UserError

if TYPE_CHECKING:
    from nerforge.evaluation.engines.local.decoding import DecodedRow, Decoder

pytestmark = pytest.mark.train

N_TOKENS = 97
STOPS = set(range(5))
LIMIT = 24
SIZES = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": N_TOKENS,
    "max_position_embeddings": 512,
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": None,
}
FAMILIES = ("qwen2", "qwen3", "llama", "phi3")


def make(family: str, **changes: Any) -> Any:
    import torch
    import transformers

    torch.manual_seed(3)
    config = transformers.AutoConfig.for_model(family, **{**SIZES, **changes})
    # In 64 bits no rounding decides between two tokens.
    model = transformers.AutoModelForCausalLM.from_config(config).double().eval()
    # Random weights of usual size give nearly the same token everywhere.
    with torch.no_grad():
        for weight in model.parameters():
            if weight.dim() > 1:
                weight.mul_(8)
    return model


def prompts(n: int, shared: int, seed: int = 0) -> list[list[int]]:
    rng = random.Random(seed)
    beginning = [rng.randrange(5, N_TOKENS) for _ in range(shared)]
    return [[*beginning, *(rng.randrange(5, N_TOKENS) for _ in range(rng.randint(1, 30)))] for _ in range(n)]


def decoder_of(model: Any, n_slots: int) -> "Decoder":
    from nerforge.evaluation.engines.local.decoding import Decoder

    return Decoder(model, STOPS, LIMIT, n_slots)


def one_by_one(model: Any, rows: list[list[int]]) -> list[tuple[list[int], bool]]:
    import torch

    answers = []
    for ids in rows:
        output = model.generate(
            input_ids=torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=LIMIT,
            do_sample=False,
            eos_token_id=sorted(STOPS),
            pad_token_id=0,
        )
        new = output[0, len(ids) :].tolist()
        is_cut = new[-1] not in STOPS
        answers.append((new if is_cut else new[:-1], is_cut))
    return answers


def together(decoder: "Decoder", rows: list[list[int]]) -> list[tuple[list[int], bool]]:
    found: dict[int, DecodedRow] = {}
    for group in decoder.decode(rows):
        for row in group:
            assert row.number not in found
            found[row.number] = row
    return [(found[i].tokens, found[i].is_cut) for i in range(len(rows))]


@pytest.mark.parametrize("shared", [0, 1, 40])
@pytest.mark.parametrize("family", FAMILIES)
def test_tokens_are_those_of_one_by_one(family: str, shared: int) -> None:
    model = make(family, sliding_window=None)
    rows = prompts(30, shared)
    expected = one_by_one(model, rows)
    assert {is_cut for _, is_cut in expected} == {True, False}
    assert len({tuple(tokens) for tokens, _ in expected}) > 8
    # One row after another, places that are filled again, and all rows at once.
    for n_slots in (1, 3, 64):
        assert together(decoder_of(model, n_slots), rows) == expected


@pytest.mark.parametrize("n_slots", [1, 3, 64])
def test_log_probabilities_are_those_of_the_whole_distribution(n_slots: int) -> None:
    import torch

    from nerforge.evaluation.engines.local.decoding import Decoder

    model = make("qwen2")
    rows = prompts(30, 5)
    decoder = Decoder(model, STOPS, LIMIT, n_slots, keeps_logprobs=True)
    found = {row.number: row for group in decoder.decode(rows) for row in group}
    plain = together(decoder_of(model, n_slots), rows)
    assert [(found[i].tokens, found[i].is_cut) for i in range(30)] == plain
    for number, prompt in enumerate(rows):
        row = found[number]
        # Read at once, with the tokens that were chosen: the reference that keeps every logit.
        with torch.inference_mode():
            logits = model(torch.tensor([prompt + row.tokens])).logits[0, len(prompt) - 1 :]
        expected = logits.log_softmax(-1).max(-1).values.tolist()
        # A row that was cut has no stop behind its last token.
        n = len(row.tokens) + (not row.is_cut)
        assert row.logprobs == pytest.approx(expected[:n], abs=1e-4)


class SecondBest:
    """Chooses the second likeliest token, as a grammar may have to."""

    def begin(self, numbers: Sequence[int]) -> None:
        pass

    def choose(self, logits: Any, numbers: Sequence[int]) -> list[int]:
        second: list[int] = logits.topk(2).indices[:, 1].tolist()
        return second

    def end(self, number: int) -> None:
        pass


def test_log_probabilities_of_a_narrowed_choice_are_the_models_own() -> None:
    import torch

    from nerforge.evaluation.engines.local.decoding import Decoder

    model = make("qwen2")
    rows = prompts(8, 5)
    decoder = Decoder(model, set(), 6, 4, keeps_logprobs=True, chooser=SecondBest())
    # All rows first: while they are decoded, the model attends in another way.
    for row in [row for group in decoder.decode(rows) for row in group]:
        prompt = rows[row.number]
        with torch.inference_mode():
            logits = model(torch.tensor([prompt + row.tokens])).logits[0, len(prompt) - 1 : -1]
        expected = logits.log_softmax(-1).gather(-1, torch.tensor(row.tokens)[:, None])[:, 0].tolist()
        assert row.logprobs == pytest.approx(expected, abs=1e-4)
        assert max(row.logprobs) < -0.5


def test_generation_of_transformers_gives_the_same_log_probabilities() -> None:
    import torch

    from nerforge.evaluation.engines.local.decoding import Decoder
    from nerforge.evaluation.engines.local.generated_logprobs import GeneratedLogprobs

    model = make("qwen2")
    rows = prompts(6, 5)
    decoder = Decoder(model, STOPS, LIMIT, 6, keeps_logprobs=True)
    found = {row.number: row for group in decoder.decode(rows) for row in group}
    for number, ids in enumerate(rows):
        kept = GeneratedLogprobs()
        output = model.generate(
            input_ids=torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=LIMIT,
            do_sample=False,
            eos_token_id=sorted(STOPS),
            pad_token_id=0,
            logits_processor=[kept],
        )
        (logprobs,) = kept.of_rows(output)
        assert len(logprobs) == output.shape[1] - len(ids)
        assert logprobs == pytest.approx(found[number].logprobs, abs=1e-4)


def test_the_model_attends_as_before_when_decoding_is_over() -> None:
    model = make("qwen2")
    before = model.config._attn_implementation
    rows = prompts(5, 10)
    expected = one_by_one(model, rows)
    together(decoder_of(model, 3), rows)
    next(decoder_of(model, 3).decode(rows)).clear()
    assert model.config._attn_implementation == before
    assert one_by_one(model, rows) == expected


def test_no_prompts_give_no_answers() -> None:
    assert list(decoder_of(make("qwen2"), 4).decode([])) == []


def test_a_prompt_twice_is_answered_twice() -> None:
    model = make("qwen2")
    rows = prompts(1, 6) * 3
    assert together(decoder_of(model, 2), rows) == one_by_one(model, rows)


def test_out_of_memory_halves_the_slots_and_loses_no_row(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    model = make("qwen2")
    rows = prompts(20, 12)
    expected = one_by_one(model, rows)
    decoder = decoder_of(model, 16)
    passing = decoder._pass
    widths: list[int] = []

    def scarce(ids: Any, positions: Any) -> Any:
        if ids.shape[0] > 5:
            raise torch.OutOfMemoryError("no memory for so many")
        widths.append(ids.shape[0])
        return passing(ids, positions)

    monkeypatch.setattr(decoder, "_pass", scarce)
    assert together(decoder, rows) == expected
    assert decoder.n_slots == 4
    assert max(widths) == 4


def test_out_of_memory_for_a_single_row_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    decoder = decoder_of(make("qwen2"), 4)

    def none_left(ids: Any, positions: Any) -> Any:
        raise torch.OutOfMemoryError("none")

    monkeypatch.setattr(decoder, "_pass", none_left)
    with pytest.raises(UserError, match="out of memory for one row"):
        list(decoder.decode(prompts(6, 3)))


@pytest.mark.parametrize(
    ("rows", "n"),
    [
        ([[1, 2, 3], [1, 2, 4]], 2),
        ([[1, 2], [1, 2, 3]], 1),
        ([[1, 2], [1, 2]], 1),
        ([[1], [1, 2]], 0),
        ([[4, 5], [6, 5]], 0),
        ([[1, 2, 3]], 2),
    ],
)
def test_each_prompt_keeps_a_token_of_its_own(rows: list[list[int]], n: int) -> None:
    from nerforge.evaluation.engines.local.decoding import common_beginning

    assert common_beginning(rows) == n


@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("mistral", {"sliding_window": 8}),
        ("gemma2", {}),
        ("llama", {"rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}}),
    ],
)
def test_models_whose_attention_is_special_are_left_to_transformers(family: str, changes: Any) -> None:
    from nerforge.evaluation.engines.local.decoding import is_supported

    assert not is_supported(make(family, **changes))


def test_plain_models_are_supported() -> None:
    from nerforge.evaluation.engines.local.decoding import is_supported

    assert all(is_supported(make(family, sliding_window=None)) for family in FAMILIES)
