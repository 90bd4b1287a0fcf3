"""Characters of mentions: what a label begins and ends with, without the sentence that is judged."""

from nerforge.evaluation.audit.character_habits import CharacterLikelihood
from nerforge.evaluation.audit.text_folds import TextFolds
from nerforge.templates.domain import Entity, Sample

TEXTS = (
    "他住在青岛市的海边",
    "她去了济南市的公园",
    "火车到苏州市的时候",
    "成都市的天气很好",
    "老师说这是对的",
)
SPANS = ((3, 6), (3, 6), (3, 6), (0, 3), None)


def likelihood() -> CharacterLikelihood:
    samples = [
        Sample(str(n), text, (Entity("GPE", text[slice(*span)], *span),) if span else ())
        for n, (text, span) in enumerate(zip(TEXTS, SPANS, strict=True))
    ]
    numbers = list(range(len(samples)))
    return CharacterLikelihood(
        samples, TextFolds(numbers, {n: [n] for n in numbers}, [n % 2 for n in numbers])
    )


def test_edges_as_in_other_sentences_are_likelier() -> None:
    found = likelihood()
    right, too_long = (found.of(0, Entity("GPE", TEXTS[0][3:end], 3, end))[0] for end in (6, 7))
    assert right > 0
    assert right > too_long + 2


def test_the_own_sentence_does_not_count() -> None:
    found = likelihood()
    # 岛 stands in no other mention: as part of one it is not likelier than in any text.
    assert found.of(0, Entity("GPE", "岛", 4, 5))[1] <= 0


def test_no_entity_says_nothing() -> None:
    assert likelihood().of(0, None) == (0.0, 0.0)
