import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.reading.joining import Joiner
from nerforge.evaluation.reading.scored_samples import ScoredSample, read_answers
from nerforge.evaluation.scores.entity_scores import build_scores
from nerforge.evaluation.scores.schema import Scores
from nerforge.evaluation.scores.score_run import ScoreOptions, ScoreRun, run_score
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.corpora.texts.long_texts import LongTextReport, split_sample
from nerforge.generators.datasets.entity_gold import encode_gold
from nerforge.templates.answers import load_format
from nerforge.templates.domain import Answer, Entity, Outcome, Sample, reading_order
from nerforge.templates.tasks import load_task
from tests.evaluation.score_settings import SETTINGS

NEWS = load_task("ccfbdci")
JSON = load_format("json")
TEXT = "张三去了北京。李四在上海，王五也去了上海。没有人来。"
LONG = Sample(
    "long",
    TEXT,
    (
        Entity("PER", "张三", 0, 2),
        Entity("GPE", "北京", 4, 6),
        Entity("PER", "李四", 7, 9),
        Entity("GPE", "上海", 10, 12),
        Entity("PER", "王五", 13, 15),
        Entity("GPE", "上海", 18, 20),
    ),
)
SHORT = Sample("short", "赵六走了。", (Entity("PER", "赵六", 0, 2),))
LIMIT = 21
"""Two pieces of the long text."""


def split(sample: Sample, limit: int = LIMIT) -> list[Sample]:
    return split_sample(sample, limit, LongTextReport())


def right(samples: list[Sample]) -> dict[str, str]:
    return {sample.id: JSON.encode(sample, NEWS.schema) for sample in samples}


def join(rows: list[ScoredSample]) -> list[ScoredSample]:
    return list(Joiner(Path("gold.jsonl")).join(rows))


def score(samples: list[Sample], outputs: dict[str, str]) -> Scores:
    scored = read_answers(samples, outputs, JSON, NEWS.schema)
    return build_scores(join(list(scored)), NEWS.schema, SETTINGS, bootstrap=Bootstrap(0))


@st.composite
def answered(draw: st.DrawFn) -> tuple[Sample, int, list[ScoredSample]]:
    """Draw a sample, a limit, and the pieces with answers that are partly right."""
    text = draw(st.text(st.sampled_from("甲乙。， "), min_size=1, max_size=40))
    drawn = draw(st.lists(_spans(text), max_size=5, unique=True))
    entities = sorted((Entity(x, text[a:b], a, b) for a, b, x in drawn), key=reading_order)
    sample = Sample("s", text, tuple(entities), {"template": "t"})
    limit = draw(st.integers(3, 40))
    rows = []
    for piece in split(sample, limit):
        names = st.tuples(_spans(piece.text), st.booleans())
        added = [
            Entity(x, piece.text[a:b], a, b) if has_span else Entity(x, piece.text[a:b])
            for (a, b, x), has_span in draw(st.lists(names, max_size=2))
        ]
        kept = [entity for entity in piece.entities if draw(st.booleans())]
        rows.append(ScoredSample(piece, "", Answer((*kept, *added), Outcome.CLEAN)))
    return sample, limit, rows


def _spans(text: str) -> st.SearchStrategy[tuple[int, int, str]]:
    places = st.integers(0, len(text))
    spans = st.tuples(places, places, st.sampled_from(["PER", "GPE"]))
    return spans.map(lambda x: (min(x[:2]), max(x[:2]), x[2])).filter(lambda x: x[0] < x[1])


@pytest.mark.whole
@given(answered())
def test_joining_undoes_splitting(drawn: tuple[Sample, int, list[ScoredSample]]) -> None:
    sample, _, rows = drawn
    (joined,) = join(rows)
    assert joined.sample == sample
    assert len(joined.predicted) == sum(len(row.predicted) for row in rows)
    assert all(sample.text[slice(*e.span)] == e.text for e in joined.predicted if e.span)


@pytest.mark.whole
@given(answered())
def test_strict_figures_do_not_depend_on_the_cuts(drawn: tuple[Sample, int, list[ScoredSample]]) -> None:
    _, _, rows = drawn
    of_pieces, of_texts = (
        build_scores(x, NEWS.schema, SETTINGS, bootstrap=Bootstrap(0)).criteria["strict"]
        for x in (rows, join(rows))
    )
    assert of_texts == of_pieces


def test_a_text_is_one_sample_with_as_many_answers_as_pieces() -> None:
    samples = [SHORT, *split(LONG)]
    scores = score(samples, right(samples))
    assert (scores.n_samples, scores.n_answers, scores.n_gold) == (2, 3, 7)
    assert scores.samples.id == ["short", "long"]
    assert (scores.sample_exact_match, scores.errors) == (1.0, [])
    assert (scores.outcomes["clean"], sum(scores.outcomes.values())) == (3, 3)
    assert scores.slices["sentence:21-50"].n_gold == 6
    assert scores.slices["entities:4+"].f1 == 1.0


@pytest.mark.parametrize(
    ("output", "outcome"), [(None, "missing"), ("我不知道", "unparsable")], ids=["missing", "unparsable"]
)
def test_a_text_without_one_of_its_answers_keeps_the_others(output: str | None, outcome: str) -> None:
    pieces = split(LONG)
    outputs = right(pieces)
    outputs.pop(pieces[0].id)
    if output is not None:
        outputs[pieces[0].id] = output
    scores = score(pieces, outputs)
    assert scores.outcomes | {outcome: 1, "clean": 1} == scores.outcomes
    assert (scores.n_answers, scores.sample_exact_match) == (2, 0.0)
    (error,) = scores.errors
    assert (error.id, error.text, error.outcome) == ("long", TEXT, outcome)
    assert [(x.start, x.text) for x in error.predicted] == [
        (x.start, x.text) for x in LONG.entities if (x.start or 0) >= len(pieces[0].text)
    ]
    assert [(x.id, x.outcome, x.output) for x in error.pieces] == [
        (pieces[0].id, outcome, output),
        (pieces[1].id, "clean", outputs[pieces[1].id]),
    ]


def test_a_text_of_which_every_answer_is_missing_is_missing() -> None:
    scores = score(split(LONG), {})
    assert (scores.outcomes["missing"], scores.errors[0].outcome) == (2, "missing")
    assert scores.errors[0].output is None


def test_no_entity_and_an_unreadable_piece_are_not_an_exact_match() -> None:
    pieces = split(Sample("s", "天晴了。下雨了。"), 4)
    assert score(pieces, right(pieces)).sample_exact_match == 1.0
    assert score(pieces, right(pieces) | {"s-p2": ""}).sample_exact_match == 0.0


def test_the_outcome_of_a_text_is_its_worst_pieces() -> None:
    first, second = split(LONG)
    rows = [
        ScoredSample(first, "a", Answer((), Outcome.EMPTY)),
        ScoredSample(second, "b", Answer((), Outcome.SALVAGED)),
    ]
    (joined,) = join(rows)
    assert (joined.outcome, joined.output, joined.pieces) == ("salvaged", "a\nb", tuple(rows))


def test_ordinary_rows_pass_as_they_are() -> None:
    rows = [
        ScoredSample(SHORT, None, None),
        ScoredSample(Sample("a", "b", meta={"document": "d"}), None, None),
    ]
    joiner = Joiner(Path("gold.jsonl"))
    assert all(a is b for a, b in zip(joiner.join(rows), rows, strict=True))
    assert joiner.note() is None


FIRST, SECOND, THIRD = split(Sample("t", "甲。乙。丙。"), 2)
ADVICE = r"; score all pieces of a text, one after the other"


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        ([SHORT, FIRST, SECOND], rf"gold\.jsonl: ends after 2 of the 3 pieces of text 't'{ADVICE}"),
        ([SHORT, SECOND, THIRD], r"gold\.jsonl:3: found .* character 2, expected .* character 0;"),
        ([FIRST, THIRD], rf"gold\.jsonl:3: found .* character 4, expected .*'t' .* character 2{ADVICE}"),
        ([FIRST, SHORT], r"gold\.jsonl:3: found a whole text, expected the one of 3 pieces"),
        ([FIRST, *split(LONG)], r"gold\.jsonl:3: found .*2 pieces.*'long'.*, expected .*'t' .* character 2;"),
        ([Sample("x", "y", meta={**FIRST.meta, "of": 0})], r"gold\.jsonl:2: .* which piece .*\$\.of"),
        ([Sample("x", "y", meta={**FIRST.meta, "offset": "0"})], r"gold\.jsonl:2: .* which piece .*offset"),
    ],
    ids=["no end", "no beginning", "no middle", "interrupted", "another text", "of", "offset"],
)  # fmt: skip
def test_pieces_that_do_not_make_a_text_are_refused(
    samples: list[Sample], message: str, tmp_path: Path
) -> None:
    gold = tmp_path / "gold.jsonl"
    # A blank line is no row, and has its number all the same.
    write_whole(gold, [b"\n", *encode_gold(samples)])
    rows = [ScoredSample(sample, None, None) for sample in samples]
    with pytest.raises(UserError, match=message):
        list(Joiner(gold).join(rows))


def run(folder: Path, samples: list[Sample], rows: list[dict[str, str]]) -> ScoreRun:
    gold, pred = folder / "gold.jsonl", folder / "pred.jsonl"
    write_whole(gold, encode_gold(samples))
    pred.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return run_score(ScoreOptions(gold=gold, pred=pred, task="ccfbdci", answer_format="json"))


def by_id(samples: list[Sample]) -> list[dict[str, str]]:
    return [{"id": row_id, "output": output} for row_id, output in right(samples).items()]


def by_position(samples: list[Sample]) -> list[dict[str, str]]:
    outputs = right(samples)
    return [
        {"prompt": f"<|im_start|>user\n标注：\n{x.text}<|im_end|>\n", "predict": outputs[x.id], "label": ""}
        for x in samples
    ]


@pytest.mark.parametrize("predictions", [by_id, by_position], ids=["by id", "by position"])
def test_predictions_of_pieces_give_the_figures_of_texts(predictions: Any, tmp_path: Path) -> None:
    samples = [*split(LONG), SHORT]
    rows = predictions(samples)
    scored = run(tmp_path, samples, rows)
    assert scored.notes == ["1 text was split into 2 pieces; the figures are of whole texts"]
    assert scored.scores.samples.id == ["long", "short"]
    assert (scored.scores.n_answers, scored.scores.sample_exact_match, scored.scores.errors) == (3, 1.0, [])
    assert scored.scores.criteria["strict"].micro.n_gold == 7


def test_pieces_score_as_the_text_that_was_never_split(tmp_path: Path) -> None:
    pieces = [piece for n in range(3) for piece in split(Sample(f"{n}", LONG.text, LONG.entities))]
    wholes = [Sample(f"{n}", LONG.text, LONG.entities) for n in range(3)]
    missed = "上海"
    outputs = [
        [{**row, "output": row["output"].replace(missed, "广州")} for row in by_id(samples)]
        for samples in (pieces, wholes)
    ]
    of_pieces, of_wholes = (
        run(tmp_path, samples, rows).scores for samples, rows in zip((pieces, wholes), outputs, strict=True)
    )
    assert 0 < of_wholes.criteria["strict"].micro.f1 < 1
    for key in ("n_samples", "criteria", "slices", "samples", "confusion", "sample_exact_match"):
        assert getattr(of_pieces, key) == getattr(of_wholes, key)
