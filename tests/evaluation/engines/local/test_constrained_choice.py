"""The hf engine under a grammar: whatever the model, answers are clean, and those that were clean stay."""

from dataclasses import replace
from pathlib import Path

import pytest

from nerforge.evaluation.constraints.constraint import make_constraint
from nerforge.evaluation.engines import Failure, ModelSpec, Prediction, Request
from nerforge.foundation.errors import UserError
from nerforge.generators.task_folders import find_named_task
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Grounding, Outcome

pytestmark = [pytest.mark.train, pytest.mark.whole]
pytest.importorskip("llguidance")

TINY = str(Path(__file__).parents[4] / "data" / "tiny_base")
SENTENCES = ["菏泽市麒麟投诉数量", "上月济南投诉", "患者咳嗽😀，P<0.05", '他说"<City>"是标签', "a\\[b|c]"]
POWER = find_named_task("power").schema
TABLES = {"Province": ["山东省"], "City": ["菏泽", "济南"], "Company": ["巨野县供电公司"]}


def requests() -> list[Request]:
    return [Request(str(n), f"标注：\n{text}", None, text) for n, text in enumerate(SENTENCES)]


def spec(answer_format: str | None) -> ModelSpec:
    bare = ModelSpec(TINY, None, "qwen", 160)
    if answer_format is None:
        return bare
    return replace(bare, constraint=make_constraint(answer_format, POWER, TABLES))


def answers(engine: object, rows: list[Request], batch_size: int = 2) -> dict[str, Prediction]:
    groups = engine.predict(rows, batch_size)  # type: ignore[attr-defined]
    found = {answer.id: answer for group in groups for answer in group}
    assert sorted(found) == sorted(row.id for row in rows)
    return found


@pytest.mark.parametrize("answer_format", ["xml", "bracket", "json", "grouped", "occurrence"])
def test_answers_of_any_model_are_clean(answer_format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from nerforge.evaluation.engines.local import decoding
    from nerforge.evaluation.engines.local.hf import HfEngine

    engine = HfEngine(spec(answer_format))
    found = answers(engine, requests())
    for number, text in enumerate(SENTENCES):
        answer = found[str(number)]
        read = load_format(answer_format).decode(answer.output, text, POWER)
        assert answer.finish == "stop"
        assert read.outcome in (Outcome.CLEAN, Outcome.EMPTY) and not read.problems
        assert Grounding.HALLUCINATED not in read.groundings
    # Models whose attention cannot be exchanged are answered by transformers' own generation.
    monkeypatch.setattr(decoding, "is_supported", lambda model: False)
    assert answers(engine, requests()) == found


def test_an_answer_in_the_language_stays_as_it_is() -> None:
    import torch
    from transformers import AutoTokenizer

    from nerforge.evaluation.constraints.token_matching import TokenGrammars
    from nerforge.evaluation.engines.local.constrained_choice import ConstrainedChoice

    tokenizer = AutoTokenizer.from_pretrained(TINY)
    stop, text = tokenizer.convert_tokens_to_ids("<|im_end|>"), "菏泽市投诉😀"
    answer = "<Province>山东省</Province><City>菏泽</City><Indicator>投诉</Indicator>😀"
    preferred = [*tokenizer.encode(answer, add_special_tokens=False), stop]
    constraint = make_constraint("xml", POWER, TABLES)
    choice = ConstrainedChoice(TokenGrammars(constraint, tokenizer, len(tokenizer), [stop]), [text])
    choice.begin([0])
    logits = torch.nn.functional.one_hot(torch.tensor(preferred), len(tokenizer)).float()
    assert [choice.choose(row[None], [0])[0] for row in logits] == preferred


def test_rows_without_a_sentence_or_a_grammar_are_told() -> None:
    from nerforge.evaluation.engines.local.hf import HfEngine

    engine = HfEngine(spec("xml"))
    with pytest.raises(UserError, match="row 'a': nothing tells which sentence"):
        list(engine.predict([Request("a", "标注")], 0))
    rows = [*requests(), Request("long", "标注", None, "长" * 40_000)]
    results = {result.id: result for group in engine.predict(rows, 0) for result in group}
    failure = results["long"]
    assert isinstance(failure, Failure) and "40,000 characters" in failure.error
    assert sum(isinstance(result, Prediction) for result in results.values()) == len(SENTENCES)
