"""Sentences whose errors are explained."""

from collections.abc import Sequence

from msgspec.structs import replace

from nerforge.evaluation.error_causes.explained_scores import explain_scores
from nerforge.evaluation.error_causes.training_sentences import TrainingSentence
from nerforge.evaluation.metrics.score_figures import Bootstrap
from nerforge.evaluation.reading.scored_samples import ScoredSample
from nerforge.evaluation.scores.entity_scores import build_scores
from nerforge.evaluation.scores.schema import Scores
from nerforge.templates.domain import (
    Answer,
    Entity,
    Grounding,
    Label,
    LabelSchema,
    Outcome,
    Problem,
    ProblemKind,
    Sample,
)
from tests.evaluation.score_settings import SETTINGS

SCHEMA = LabelSchema(
    (
        Label("PER", "人名", "names of people"),
        Label("ORG", "组织", "names of organisations"),
        Label("GPE", "地理实体", "names of places"),
        Label("Province", "省份", "a province, also one that is not said", inferable=True),
    )
)


def said(text: str, label: str, surface: str, nth: int = 0) -> Entity:
    """Give the entity of a surface of the text; of its ``nth`` occurrence."""
    start = -1
    for _ in range(nth + 1):
        start = text.index(surface, start + 1)
    return Entity(label, surface, start, start + len(surface))


def answered(
    text: str,
    gold: Sequence[Entity],
    predicted: Sequence[Entity] | None,
    *problems: tuple[ProblemKind, str],
    name: str = "s",
    outcome: Outcome = Outcome.CLEAN,
    output: str = "",
) -> ScoredSample:
    """Give a scored sentence; without ``predicted`` there is no answer."""
    sample = Sample(name, text, tuple(gold))
    if predicted is None:
        return ScoredSample(sample, None, None)
    entities = tuple(predicted)
    groundings = (Grounding.EXACT,) * len(entities)
    answer = Answer(entities, outcome, tuple(Problem(*problem) for problem in problems), groundings)
    return ScoredSample(sample, output, answer)


def trained(text: str, *entities: Entity, name: str = "t") -> TrainingSentence:
    return TrainingSentence(text=text, entities=list(entities), id=name)


def explained(
    rows: Sequence[ScoredSample], training: Sequence[TrainingSentence] = (), answer_format: str = "json"
) -> Scores:
    # A few resamples: intervals are tested elsewhere.
    bootstrap = Bootstrap(resamples=50)
    settings = replace(SETTINGS, answer_format=answer_format, bootstrap=bootstrap)
    return explain_scores(build_scores(rows, SCHEMA, settings, bootstrap=bootstrap), training, SCHEMA)


def causes_of(
    row: ScoredSample, training: Sequence[TrainingSentence] = (), answer_format: str = "json"
) -> list[str]:
    """Give the causes of the errors of one sentence."""
    (sample,) = explained([row], training, answer_format).errors
    assert isinstance(sample.causes, list)
    return [found.cause for found in sample.causes]
