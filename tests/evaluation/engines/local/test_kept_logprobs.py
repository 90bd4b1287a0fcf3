"""The hf engine with and without log-probabilities: the same answers, in both ways of decoding."""

from dataclasses import replace
from pathlib import Path

import pytest

from nerforge.evaluation.engines import ModelSpec, Prediction, Request, Result

pytestmark = pytest.mark.train

BASE = Path(__file__).parents[4] / "data" / "tiny_base"
SPEC = ModelSpec(str(BASE), None, "qwen", max_new_tokens=48)
ROWS = [
    Request(str(n), f"标注实体并补全上级：\n{text}")
    for n, text in enumerate(
        ["今天济南投诉", "菏泽巨野麒麟投诉数量", "𠮷林é市", "意见", "上月枣庄市意见总数😀"]
    )
]


def answers(found: list[Result]) -> dict[str, Prediction]:
    assert all(isinstance(result, Prediction) for result in found)
    return {result.id: result for result in found if isinstance(result, Prediction)}


def test_answers_are_those_without_and_every_byte_has_its_token() -> None:
    from nerforge.evaluation.engines.local.hf import HfEngine

    plain = HfEngine(SPEC)
    sure = HfEngine(replace(SPEC, keeps_logprobs=True))
    expected = answers([x for group in plain.predict(ROWS, 3) for x in group])
    found = answers([x for group in sure.predict(ROWS, 3) for x in group])
    # The way of models whose attention is special, through transformers' own generation.
    prompts = [sure.encode(row) for row in ROWS]
    generated = answers([x for group in sure._predict_in_batches(ROWS, prompts, 3, None) for x in group])
    assert {row_id: x._replace(logprobs=None) for row_id, x in found.items()} == expected
    assert all(x.logprobs is None for x in expected.values())
    for row_id, row in found.items():
        assert row.logprobs is not None
        assert sum(row.logprobs.lengths) == len(row.output.encode())
        assert (row.logprobs.stop is None) == (row.finish == "length")
        assert all(value <= 0 for value in row.logprobs.values)
        other = generated[row_id]
        assert (other.output, other.finish) == (row.output, row.finish)
        assert other.logprobs is not None
        assert other.logprobs.lengths == row.logprobs.lengths
        assert other.logprobs.values == pytest.approx(row.logprobs.values, abs=1e-3)
        assert (other.logprobs.stop or 0) == pytest.approx(row.logprobs.stop or 0, abs=1e-3)
