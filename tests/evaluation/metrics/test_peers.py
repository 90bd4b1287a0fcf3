import random
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from msgspec import to_builtins

from nerforge.evaluation.metrics.match_counts import MatchCounts
from nerforge.evaluation.metrics.peer_figures import SeqevalReport
from nerforge.evaluation.metrics.peers import SemEval, is_flat, peer_scores, universalner_text
from nerforge.evaluation.metrics.resampled_counts import ResampledCounts
from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.metrics.slices import Slicer
from nerforge.evaluation.metrics.tallies import ScoreTally
from nerforge.evaluation.scores.entity_scores import ScoredSample, build_scores
from nerforge.evaluation.scores.schema import Scores
from nerforge.templates.domain import Answer, Entity, Label, LabelSchema, Outcome, Sample
from tests.evaluation.score_settings import SETTINGS

LABELS = ("GPE", "LOC", "ORG", "PER")
SCHEMA = LabelSchema(tuple(Label(name, name, "") for name in LABELS))
N_SENTENCES = 5_000
COUNTS = ("correct", "incorrect", "partial", "missed", "spurious", "possible", "actual")
Side = tuple[Entity, ...]


def span(label: str, start: int, end: int) -> Entity:
    return Entity(label, "甲" * (end - start), start, end)


def flat_side(rng: random.Random, length: int) -> Side:
    """Draw entities in order that do not overlap; a third of them touch the one before."""
    entities = []
    at = rng.choice((0, rng.randrange(length)))
    while (end := at + rng.randint(1, 5)) <= length:
        entities.append(span(rng.choice(LABELS), at, end))
        at = end + rng.choice((0, 1, rng.randint(1, 12)))
    return tuple(entities)


def perturbed(rng: random.Random, gold: Side, length: int) -> Side:
    entities: list[Entity] = []
    for entity in gold:
        assert entity.start is not None and entity.end is not None
        start, end, label = entity.start, entity.end, entity.label
        change = rng.random()
        if change < 0.1:
            continue
        if change < 0.2:
            label = rng.choice(LABELS)
        if change > 0.8:
            start, end = start + rng.randint(-2, 2), end + rng.randint(-2, 2)
        start, end = max(start, entities[-1].end or 0 if entities else 0), min(end, length)
        if start < end:
            entities.append(span(label, start, end))
    return tuple(entities)


def draw_sentences(n: int) -> list[tuple[int, Side, Side]]:
    rng = random.Random(20)
    rows = []
    for _ in range(n):
        length = rng.randint(5, 30)
        gold = flat_side(rng, length) if rng.random() < 0.8 else ()
        predicted = perturbed(rng, gold, length) if rng.random() < 0.7 else flat_side(rng, length)
        rows.append((length, gold, predicted))
    return rows


SENTENCES = draw_sentences(N_SENTENCES)


def score(rows: Sequence[tuple[int, Side, Side]]) -> ResampledCounts:
    tally = ScoreTally(Slicer(SCHEMA))
    for i, (length, gold, predicted) in enumerate(rows):
        tally.add(Sample(str(i), "甲" * length, gold), predicted)
    return ResampledCounts(tally, Bootstrap(resamples=0))


def bio_tags(length: int, entities: Side) -> list[str]:
    tags = ["O"] * length
    for entity in entities:
        assert entity.start is not None and entity.end is not None
        tags[entity.start] = f"B-{entity.label}"
        for i in range(entity.start + 1, entity.end):
            tags[i] = f"I-{entity.label}"
    return tags


def score_answers(rows: Sequence[tuple[int, Side, Side]]) -> Scores:
    scored = (
        ScoredSample(Sample(str(i), "甲" * length, gold), "", Answer(predicted, Outcome.CLEAN))
        for i, (length, gold, predicted) in enumerate(rows)
    )
    return build_scores(scored, SCHEMA, SETTINGS, bootstrap=Bootstrap(0))


def test_the_drawn_sentences_hold_every_pattern_of_flat_spans() -> None:
    assert all(is_flat(gold) and is_flat(predicted) for _, gold, predicted in SENTENCES)
    assert sum(a.end == b.start for _, gold, _ in SENTENCES for a, b in pairwise(gold)) > 1_250
    assert sum(gold == predicted != () for _, gold, predicted in SENTENCES) > 125


@pytest.mark.whole
def test_strict_figures_equal_seqevals_to_the_twelfth_digit() -> None:
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    tagged = [[bio_tags(row[0], row[side]) for row in SENTENCES] for side in (1, 2)]
    theirs = classification_report(*tagged, mode="strict", scheme=IOB2, output_dict=True, zero_division=0)
    scored = score_answers(SENTENCES)
    strict, report = scored.criteria["strict"], to_builtins(scored.compatible.seqeval)
    for label in LABELS:
        for name, ours in (("precision", "precision"), ("recall", "recall"), ("f1", "f1-score")):
            assert getattr(strict.per_label[label], name) == pytest.approx(theirs[label][ours], abs=1e-12)
    assert strict.micro.f1 == pytest.approx(theirs["micro avg"]["f1-score"], abs=1e-12)
    assert strict.macro_f1 == pytest.approx(theirs["macro avg"]["f1-score"], abs=1e-12)
    assert report.pop("left_out") == 0
    rows = {**report.pop("per_label"), **report}
    assert rows.keys() == theirs.keys()
    for row, figures in theirs.items():
        assert rows[row] == pytest.approx(figures, abs=1e-12)


def as_dict(entity: Entity, shift: int) -> dict[str, Any]:
    return {"label": entity.label, "start": entity.start, "end": (entity.end or 0) - shift}


def nervaluate_results(rows: Sequence[tuple[Side, Side]], shift: int = 1) -> dict[str, Any]:
    """Run nervaluate on spans whose last character is included, as it wants them."""
    from nervaluate import Evaluator

    sides = [[[as_dict(e, shift) for e in row[side]] for row in rows] for side in (0, 1)]
    results: dict[str, Any] = Evaluator(*sides, tags=list(LABELS), loader="dict").evaluate()
    return results


def semeval(rows: Sequence[tuple[Side, Side]]) -> dict[str, dict[str, float | int]]:
    counts = SemEval()
    for gold, predicted in rows:
        counts.add(gold, predicted)
    return to_builtins(counts.figures())


def is_uncontested(gold: Side, predicted: Side) -> bool:
    """Tell whether a greedy search for the type must end as well as any other.

    It must where each gold entity that several predictions overlap is all that these overlap, and the first
    of them has its label unless none has. Gold entities that one prediction overlaps do no harm.
    """

    def touching(entity: Entity, others: Side) -> list[Entity]:
        return [x for x in others if x.start < entity.end and entity.start < x.end]  # type: ignore[operator]

    for entity in gold:
        rivals = touching(entity, predicted)
        if len(rivals) > 1:
            has_label = [rival.label == entity.label for rival in rivals]
            if any(len(touching(rival, gold)) > 1 for rival in rivals) or (
                any(has_label) and not has_label[0]
            ):
                return False
    return True


PAIRS = [(gold, predicted) for _, gold, predicted in SENTENCES]
UNCONTESTED = [pair for pair in PAIRS if is_uncontested(*pair)]


@pytest.fixture(scope="module", params=[PAIRS, UNCONTESTED], ids=["flat", "uncontested"])
def compared(request: pytest.FixtureRequest) -> tuple[list[tuple[Side, Side]], dict[str, Any], list[str]]:
    """Sentences, what nervaluate finds in them, and the criteria by which it must find what we do."""
    rows = request.param
    return (
        rows,
        nervaluate_results(rows),
        ["strict", "exact", "partial"] + ["ent_type"] * (rows is UNCONTESTED),
    )


@pytest.mark.whole
def test_semeval_counts_equal_nervaluates_on_flat_spans_in_order(
    compared: tuple[list[tuple[Side, Side]], dict[str, Any], list[str]],
) -> None:
    rows, results, criteria = compared
    counts = semeval(rows)
    for criterion in criteria:
        ours, theirs = counts[criterion], results["overall"][criterion]
        assert {name: ours[name] for name in COUNTS} == {name: getattr(theirs, name) for name in COUNTS}
        for name in ("precision", "recall", "f1"):
            assert ours[name] == pytest.approx(getattr(theirs, name), abs=1e-12)


def test_few_sentences_are_contested_and_in_those_no_match_is_lost() -> None:
    contested = [pair for pair in PAIRS if not is_uncontested(*pair)]
    assert 25 < len(contested) < N_SENTENCES / 5
    n_better = 0
    for pair in contested:
        theirs = nervaluate_results([pair])["overall"]["ent_type"]
        ours = semeval([pair])["ent_type"]
        assert (ours["correct"], ours["correct"] + ours["incorrect"]) >= (
            theirs.correct,
            theirs.correct + theirs.incorrect,
        )
        n_better += ours["correct"] > theirs.correct
    assert n_better


@pytest.mark.whole
def test_the_figures_of_one_label_equal_nervaluates(
    compared: tuple[list[tuple[Side, Side]], dict[str, Any], list[str]],
) -> None:
    rows, results, criteria = compared
    figures = score([(30, gold, predicted) for gold, predicted in rows])
    for criterion in criteria:
        for label in LABELS:
            counts = figures.counts("type" if criterion == "ent_type" else criterion, label)
            theirs = results["entities"][label][criterion]
            for name in ("precision", "recall", "f1"):
                assert getattr(counts, name) == pytest.approx(getattr(theirs, name), abs=1e-12)


def test_a_gold_entity_is_not_lost_to_an_earlier_prediction_of_another_label() -> None:
    gold, predicted = (span("PER", 0, 4),), (span("LOC", 0, 2), span("PER", 2, 4))
    theirs = nervaluate_results([(gold, predicted)])["overall"]["ent_type"]
    ours = semeval([(gold, predicted)])["ent_type"]
    assert (theirs.correct, ours["correct"]) == (0, 1)


def test_the_order_of_predictions_does_not_change_the_counts() -> None:
    gold = (span("PER", 0, 2), span("PER", 3, 5))
    predicted = (span("PER", 1, 4), span("PER", 0, 1))
    theirs, swapped = (
        nervaluate_results([(gold, side)])["overall"]["partial"].partial
        for side in (predicted, predicted[::-1])
    )
    assert (theirs, swapped) == (1, 2)
    assert semeval([(gold, predicted)]) == semeval([(gold, predicted[::-1])])
    assert semeval([(gold, predicted)])["partial"]["partial"] == 2


def test_touching_spans_do_not_overlap_as_they_do_for_nervaluate_if_ends_are_exclusive() -> None:
    rows = [((span("PER", 0, 2),), (span("PER", 2, 4),))]
    assert nervaluate_results(rows, shift=0)["overall"]["ent_type"].correct == 1
    assert semeval(rows)["ent_type"]["correct"] == 0


def test_bio_tags_cannot_say_nested_gold() -> None:
    gold = (span("ORG", 0, 4), span("GPE", 0, 2))
    report = score_answers([(6, gold, gold), (6, (), ())]).compatible.seqeval
    assert to_builtins(report) == {"reason": "BIO tags cannot say the gold of 1 samples (nested or inferred)"}


def test_predictions_that_bio_tags_cannot_say_are_left_out_and_counted() -> None:
    from seqeval.metrics import classification_report
    from seqeval.scheme import IOB2

    gold = (span("ORG", 0, 4), span("GPE", 5, 6))
    predicted = (span("ORG", 2, 5), span("ORG", 0, 4), Entity("PER", "乙"), span("GPE", 5, 6))
    report = score_answers([(6, gold, predicted)]).compatible.seqeval
    tagged = (span("ORG", 0, 4), span("GPE", 5, 6))
    theirs = classification_report(
        [bio_tags(6, gold)], [bio_tags(6, tagged)], mode="strict", scheme=IOB2, output_dict=True
    )
    ours = to_builtins(report)
    assert ours.pop("left_out") == 2
    assert {**ours.pop("per_label"), **ours} == theirs


def test_a_value_that_differs_from_the_words_does_not_matter_to_bio_tags() -> None:
    gold, predicted = (Entity("GPE", "菏泽", 0, 3),), (Entity("GPE", "菏泽市", 0, 3),)
    scores = score_answers([(6, gold, predicted)])
    assert scores.criteria["strict"].micro.tp == 0
    assert to_builtins(scores.compatible.seqeval)["micro avg"]["f1-score"] == 1.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("The U.S. Army", "us army"),
        ("a", ""),
        ("an  Apple, a day", "apple day"),
        ("A股", "a股"),
        ("《红楼梦》", "《红楼梦》"),
        ("上海 (浦东)", "上海 浦东"),
        ("Theatre", "theatre"),
    ],
)
def test_universalner_drops_case_punctuation_and_articles(value: str, expected: str) -> None:
    assert universalner_text(value) == expected


def test_three_peers_count_repeated_names_each_in_their_own_way() -> None:
    gold = (Entity("ORG", "U.S.", 0, 4), Entity("ORG", "US", 5, 7), Entity("ORG", "US", 8, 10))
    predicted = (Entity("ORG", "US", 5, 7),)
    compatible = score_answers([(12, gold, predicted)]).compatible
    counts = {
        name: (peer.tp, peer.n_gold, peer.n_predicted)
        for name, peer in (
            ("iepile", compatible.iepile),
            ("promptcblue", compatible.promptcblue),
            ("universalner", compatible.universalner),
        )
    }
    assert counts == {"iepile": (1, 3, 1), "promptcblue": (1, 2, 1), "universalner": (1, 1, 1)}


def test_peers_are_named() -> None:
    nothing = MatchCounts()
    peers = peer_scores(SeqevalReport(reason="none"), SemEval(), nothing, nothing, nothing)
    assert to_builtins(peers).keys() == {"seqeval", "semeval", "universalner", "iepile", "promptcblue"}
