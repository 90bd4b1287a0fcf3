"""Sentences of tagged tokens as rows; what all sentences of a file tell is found out before the first row."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.json_values import JsonObject
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.tags.joint_tags import JointLayer, joint_layers, take_apart
from nerforge.generators.corpora.reading.tags.tag_schemes import (
    SchemeEvidence,
    TagScheme,
    TagTable,
    find_form,
)
from nerforge.generators.corpora.reading.tags.token_tags import tagged_sentence
from nerforge.generators.corpora.reading.tokens.detokenising import StyleEvidence, TokenStyle, join_tokens
from nerforge.generators.corpora.reading.tokens.special_tokens import tokens_of_text
from nerforge.generators.corpora.reading.tokens.token_places import JoinedTokens, align_tokens, join_as_told

TEXT_NOT_USED = "text_unlike_tokens"
SPECIAL_TOKEN = "tokenizer_token_not_read"


class SentenceFacts(NamedTuple):
    """What a file says of a sentence beside its tokens."""

    text: str | None = None
    id: str | None = None
    part: str | None = None
    meta: JsonObject | None = None
    scores: Sequence[float | None] = ()
    """How sure a model is of the entities, in the order of the row."""
    order: Sequence[int] = ()
    """Which of the entities in reading order stands where in the row."""


NO_FACTS = SentenceFacts()


class TaggedSentence(NamedTuple):
    """The tokens of a sentence, with the tags of every layer."""

    place: int
    tokens: Sequence[str]
    layers: Sequence[Sequence[str]]
    facts: SentenceFacts = NO_FACTS
    spaces: Sequence[bool] | None = None
    """Whether a space follows each token, where the file says so."""
    notes: tuple[str, ...] = ()
    lines: Sequence[int] = ()
    """The line of each token, where they have their own."""


Sentences = Callable[[], Iterator[TaggedSentence]]
"""Yields the sentences of a file, anew with each call."""
TagLine = Callable[[TaggedSentence, int], str]
"""Names the place of a token of a sentence, for messages."""


def rows_of_sentences(
    sentences: Sentences, where: TagLine, notes_of_file: Sequence[str] = ()
) -> Iterator[RawRow]:
    """Yield a row for each sentence; the file is read twice, a sentence at a time.

    Args:
        sentences: Those of the file.
        where: Names the line of a token that has a fault.
        notes_of_file: What is noted once, at the first row.

    Raises:
        UserError: a tag is not one of the file's scheme.
    """
    evidence = _gather(sentences)
    joint = [joint_layers(layer.tags()) for layer in evidence.layers]
    if any(joint):
        sentences = partial(_taken_apart, sentences, joint)
        evidence = _gather(sentences)
    for number, layer in enumerate(evidence.layers):
        _refuse_bad_tags(sentences, where, number, layer)
    schemes = [layer.conclude() for layer in evidence.layers]
    joined, told = evidence.joined.conclude(), evidence.told.conclude()
    waiting = tuple(notes_of_file)
    for sentence in sentences():
        row = _row(sentence, schemes, joined if sentence.facts.text is None else told)
        yield row._replace(notes=(*waiting, *row.notes)) if waiting else row
        waiting = ()


class _Evidence(NamedTuple):
    joined: StyleEvidence
    """Of the sentences whose text is to be made of their tokens."""
    told: StyleEvidence
    """Of those whose text the file gives; it counts where that is another text."""
    layers: list[SchemeEvidence]


def _gather(sentences: Sentences) -> _Evidence:
    joined, told, layers = StyleEvidence(), StyleEvidence(), list[SchemeEvidence]()
    for sentence in sentences():
        (joined if sentence.facts.text is None else told).add(sentence.tokens)
        while len(layers) < len(sentence.layers):
            layers.append(SchemeEvidence())
        for layer, tags in zip(layers, sentence.layers, strict=False):
            layer.add(tags)
    return _Evidence(joined, told, layers)


def _taken_apart(sentences: Sentences, joint: Sequence[tuple[JointLayer, ...]]) -> Iterator[TaggedSentence]:
    for sentence in sentences():
        layers: list[Sequence[str]] = []
        for tags, needed in zip(sentence.layers, joint, strict=False):
            layers += take_apart(tags, needed) if needed else [tags]
        yield sentence._replace(layers=layers)


def _refuse_bad_tags(sentences: Sentences, where: TagLine, number: int, layer: SchemeEvidence) -> None:
    tags = layer.tags()
    table = TagTable(*find_form(tags))
    faults = dict(filter(None, (_fault(table, tag) for tag in tags)))
    if not faults:
        return
    for sentence in sentences():
        for here, tag in enumerate(sentence.layers[number]):
            if tag in faults:
                raise UserError(f"{where(sentence, here)}: {faults[tag]}; correct it in the file")


def _fault(table: TagTable, tag: str) -> tuple[str, str] | None:
    try:
        table[tag]
    except ValueError as err:
        return tag, str(err)
    return None


def _row(sentence: TaggedSentence, schemes: Sequence[TagScheme], style: TokenStyle) -> RawRow:
    facts = sentence.facts
    if style.pieces:
        sentence = _without_special_tokens(sentence, style.pieces)
    joined = _joined(sentence, style)
    tagged = tagged_sentence(joined, list(zip(sentence.layers, schemes, strict=False)))
    entities = tagged.entities
    if len(schemes) > 1:
        entities = tuple(sorted(entities, key=_reading_order))
    if facts.order or facts.scores:
        entities = _as_in_row(entities, facts)
    notes = (*sentence.notes, *tagged.notes) if sentence.notes else tagged.notes
    return RawRow(sentence.place, tagged.text, entities, facts.part, notes, id=facts.id, meta=facts.meta)


def _without_special_tokens(sentence: TaggedSentence, mark: str) -> TaggedSentence:
    kept = tokens_of_text(sentence.tokens, sentence.layers, mark)
    tokens = sentence.tokens[kept]
    n_special = len(sentence.tokens) - len(tokens)
    return sentence._replace(
        tokens=tokens,
        layers=[layer[kept] for layer in sentence.layers],
        spaces=None if sentence.spaces is None else sentence.spaces[kept],
        notes=(*sentence.notes, *[SPECIAL_TOKEN] * n_special),
        lines=sentence.lines[kept],
    )


def _joined(sentence: TaggedSentence, style: TokenStyle) -> JoinedTokens:
    """Take the text that the file gives, if it is that of the tokens; else join these."""
    notes: tuple[str, ...] = ()
    if sentence.facts.text is not None:
        found = align_tokens(sentence.tokens, sentence.facts.text)
        if found is not None:
            return found
        notes = (TEXT_NOT_USED,)
    if sentence.spaces is not None:
        joined = join_as_told(sentence.tokens, sentence.spaces)
    else:
        joined = join_tokens(sentence.tokens, style)
    return joined._replace(notes=(*notes, *joined.notes)) if notes else joined


def _reading_order(entity: RawEntity) -> tuple[int, int, str]:
    return entity.start, -entity.end, entity.label


def in_reading_order(entities: Sequence[RawEntity]) -> list[int]:
    """Give the numbers of entities in the order in which a file of several layers gives them."""
    return sorted(range(len(entities)), key=lambda n: _reading_order(entities[n]))


def _as_in_row(entities: tuple[RawEntity, ...], facts: SentenceFacts) -> tuple[RawEntity, ...]:
    if sorted(facts.order) == list(range(len(entities))):
        entities = tuple(entities[n] for n in facts.order)
    if len(facts.scores) == len(entities):
        entities = tuple(
            entity._replace(score=score) for entity, score in zip(entities, facts.scores, strict=True)
        )
    return entities
