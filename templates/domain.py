"""The domain types that every stage shares: entities, samples, label schemas and read answers.

Offsets count characters (code points) of the sentence, end exclusive.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import msgspec

from nerforge.templates.languages import EMPTY_SENTENCES, LANGUAGES
from nerforge.templates.mentions.traditional_characters import simplify
from nerforge.templates.normalisers import Normaliser
from nerforge.templates.words import AnswerWords, default_words


class EntityKind(StrEnum):
    """How an entity's value relates to the sentence."""

    EXTRACTED = "extracted"
    """The characters of the span are the value."""
    NORMALISED = "normalised"
    """The span says the value in another form, which the label's normaliser maps to it."""
    INFERRED = "inferred"
    """The sentence does not mention the value; the task completes it."""


class Entity(msgspec.Struct, frozen=True, gc=False):
    """A labelled value and, where the sentence mentions it, the span of the mention.

    Entities are made, compared and hashed by the million: a Struct does each several times faster than a
    dataclass.
    """

    label: str
    text: str
    """The value, never empty."""
    start: int | None = None
    """First character of the mention, or None for an entity without one."""
    end: int | None = None
    """One past the last character of the mention; None exactly when ``start`` is."""

    def __post_init__(self) -> None:
        """Refuse spans and values that cannot be."""
        # The usual mention passes by one condition, which takes half as long as the four below.
        start, end = self.start, self.end
        if not (start is not None and end and 0 <= start < end and self.label and self.text):
            self._refuse_impossible()

    def _refuse_impossible(self) -> None:
        if not self.label or not self.text:
            raise ValueError(f"an entity needs a label and a text, got {self.label!r} and {self.text!r}")
        if self.start is None or self.end is None:
            if self.start is not self.end:
                raise ValueError(f"entity {self.text!r}: start and end must both be given or both be absent")
        elif not 0 <= self.start < self.end:
            raise ValueError(f"entity {self.text!r}: span {self.start}-{self.end} is not 0 <= start < end")

    @property
    def span(self) -> tuple[int, int] | None:
        """The mention's ``(start, end)``, or None."""
        return None if self.start is None or self.end is None else (self.start, self.end)


def reading_order(entity: Entity) -> tuple[int, int, str]:
    """Sort key for spanned entities: by start, the enclosing one first, then by label."""
    start, end = entity.span or (0, 0)
    return start, -end, entity.label


def in_reading_order(entities: Iterable[Entity]) -> tuple[Entity, ...]:
    """Sort mentions as they are read; an entity without one stays before the mention that it stood before."""
    # An inferred 山东 before 济南 moves with 济南, as the inline formats write it just before this mention.
    waiting: list[Entity] = []
    before: dict[Entity, list[Entity]] = {}
    for entity in entities:
        if entity.span is None:
            waiting.append(entity)
        else:
            before[entity] = waiting
            waiting = []
    ordered = [one for mention in sorted(before, key=reading_order) for one in (*before[mention], mention)]
    return (*ordered, *waiting)


class Sample(msgspec.Struct, frozen=True):
    """One sentence with its gold entities, in the order in which an answer names them."""

    id: str
    """Stable over runs: made from content and position, never random."""
    text: str
    entities: tuple[Entity, ...] = ()
    meta: Mapping[str, Any] = {}

    def __post_init__(self) -> None:
        """Refuse spans that reach beyond the sentence."""
        n = len(self.text)
        for entity in self.entities:
            if entity.end is not None and entity.end > n:
                raise ValueError(
                    f"sample {self.id}: entity {entity.text!r} ends at {entity.end}, "
                    f"the text has {n} characters"
                )

    def __hash__(self) -> int:
        return hash((self.id, self.text, self.entities))

    @property
    def labels(self) -> set[str]:
        """The labels of its entities."""
        return {entity.label for entity in self.entities}

    @property
    def labelling(self) -> bytes:
        """Its entities, encoded: what tells it from another sample of the same text."""
        return msgspec.json.encode(self.entities)


@dataclass(frozen=True, slots=True)
class Label:
    """One entity type: its name in gold, its name in answers, and how it may depart from the sentence."""

    name: str
    answer: str
    """The name a model is asked to use; unique in its schema."""
    definition: str
    normaliser: Normaliser | None = None
    inferable: bool = False
    """Whether an answer may hold a value that the sentence does not mention."""
    synonyms: tuple[str, ...] = ()
    """Other names under which an answer may mean this label; case and width do not matter."""


# What models put around a label: "【疾病】", "疾病：", "**疾病**".
_LABEL_FRAME = " \t\r\n'\"“”‘’「」『』【】[]()《》<>:.,;*`#"


# Single blanks may stand inside: "medical procedure".
_TAG_NAME = re.compile(r"[^\s<>/&\[\]|\\]+(?: [^\s<>/&\[\]|\\]+)*")
# Splits "疾病/dis" and "地点（国家）" into names.
_NAMES = re.compile(r"[/／|｜,，、:：]|(?<=[\u4e00-\u9fff]) (?=[A-Za-z])|(?<=[A-Za-z]) (?=[\u4e00-\u9fff])")
_IN_BRACKETS = re.compile(r"[(（]([^()（）]*)[)）]?")
_NUMBER_BEHIND = re.compile(r"(?<!\d)\d{1,3}$")
_MAX_NAMES = 60


@lru_cache(maxsize=4_096)
def fold_label(name: str) -> str:
    """Reduce a label's name to what tells it from others: no width, case, spaces or frame around it."""
    folded = unicodedata.normalize("NFKC", name).casefold().strip(_LABEL_FRAME)
    return "".join(c for c in folded if not c.isspace() and c not in "_-")


def _variants(labels: Iterable[Label]) -> dict[str, Label]:
    """Index every name of every label, folded; a name that means two labels means none."""
    found: dict[str, set[Label]] = {}
    for label in labels:
        for name in (label.name, label.answer, *label.synonyms):
            found.setdefault(fold_label(name), set()).add(label)
    # Two labels may share a synonym: it means neither, as an answer does not tell which one.
    return {name: meant.pop() for name, meant in found.items() if len(meant) == 1}


def _standing_alone(word: str) -> str:
    """Give a pattern of a word; one of letters must end where the next word begins."""
    return rf"{re.escape(word)}(?![A-Za-z])" if word.isascii() else re.escape(word)


class LabelSchema:
    """The labels of a task, in the order in which a prompt lists them."""

    def __init__(
        self,
        labels: tuple[Label, ...],
        *,
        nested: bool = False,
        language: str = LANGUAGES[0],
        more_words: AnswerWords | None = None,
    ) -> None:
        """Index the labels.

        Args:
            labels: At least their names must differ.
            nested: Whether the task's entities may lie in one another.
            language: The language of answers, one of ``LANGUAGES``.
            more_words: What answers may say besides the usual words.

        Raises:
            ValueError: two labels share a name, or one cannot be written in a tag.
        """
        self.labels = labels
        self.nested = nested
        self.language = language
        self.more_words = more_words
        self.empty_sentence = EMPTY_SENTENCES[language]
        """The answer for a sentence without entities, in the formats that do not repeat the sentence."""
        self._by_name = {label.name: label for label in labels}
        self._by_answer = {label.answer: label for label in labels}
        self._by_variant = _variants(labels)
        if len(self._by_name) < len(labels) or len(self._by_answer) < len(labels):
            raise ValueError(f"label names must be unique: {[(x.name, x.answer) for x in labels]}")
        for label in labels:
            if not _TAG_NAME.fullmatch(label.answer):
                raise ValueError(f"label {label.name!r}: answer name {label.answer!r} cannot be a tag")

    def relabelled(self, labels: tuple[Label, ...], language: str | None = None) -> "LabelSchema":
        """Give the schema with other labels, and perhaps in another language.

        Raises:
            ValueError: two labels share a name, or one cannot be written in a tag.
        """
        return LabelSchema(
            labels, nested=self.nested, language=language or self.language, more_words=self.more_words
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The gold names, in order."""
        return tuple(self._by_name)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def __getitem__(self, name: str) -> Label:
        return self._by_name[name]

    def from_answer(self, answer_name: str) -> Label | None:
        """Find the label that answers call ``answer_name``, or None."""
        return self._by_answer.get(answer_name)

    def named(self, name: str) -> Label | None:
        """Find the label that has ``name`` as answer name, gold name or synonym, in any case; or None."""
        # The exact name first: it is nearly always this one, and needs no folding.
        return self._by_answer.get(name) or self._by_variant.get(fold_label(name))

    @cached_property
    def words(self) -> AnswerWords:
        """The words that answers are made of besides labels and values."""
        usual = default_words()
        return usual.with_more(self.more_words) if self.more_words else usual

    def from_variant(self, name: str) -> Label | None:
        """Find the label that ``name`` means by answer name, gold name or synonym, in any case; or None.

        Quotes and brackets around the name do not matter, nor does a word such as 类实体 or ``a`` beside it,
        nor a second name or a remark, as in ``疾病/dis`` and ``地点（国家）``, unless it names another label.
        Traditional characters stand for simplified ones, and the other way round.
        """
        label = self._from_variant(name)
        if label is not None or len(name) > _MAX_NAMES or name.isascii():
            return label
        simplified = simplify(name)
        label = self._from_variant(simplified) if simplified != name else None
        return label or self._by_simplified.get(fold_label(simplified))

    @cached_property
    def _by_simplified(self) -> dict[str, Label]:
        return {simplify(name): label for name, label in self._by_variant.items()}

    def _from_variant(self, name: str) -> Label | None:
        label = self.named(name)
        if label is not None or len(name) > _MAX_NAMES:
            return label
        if (label := self._among_names(name)) is not None:
            return label
        # "疾病（身体）" names two labels and so none; "疾病/dis" and "疾病 dis" one twice; "疾病：肺炎" more.
        meant = {self._among_names(part) for part in _NAMES.split(_IN_BRACKETS.sub("", name)) if part.strip()}
        inside = {self._among_names(part) for part in _IN_BRACKETS.findall(name)} - {None}
        return meant.pop() if len(meant) == 1 and len(meant | inside) == 1 else None

    @cached_property
    def all_names(self) -> tuple[str, ...]:
        """Every name of every label, as the task and the usual words have it."""
        own = [name for x in self.labels for name in (x.name, x.answer, *x.synonyms)]
        usual = [name for group in self.words.labels for name in group if self._among_names(name)]
        return tuple(dict.fromkeys((*own, *usual)))

    def _among_names(self, name: str) -> Label | None:
        """Find a label by any name of it, with or without the words that may stand around it."""
        found = self._by_any_name(name)
        forms = [self._before_label.sub("", name.strip(_LABEL_FRAME))] if found is None else []
        # 地理实体类 is 地理实体 and 类, not 地理 and 实体类: the shortest end goes first.
        for form in forms:
            found = self._by_any_name(form) if form and form != name else None
            if found is not None:
                break
            forms += [shorter for shorter in self._without_end(form) if shorter not in forms]
        return found

    def _without_end(self, name: str) -> Iterator[str]:
        """Yield a name without each of the words that may stand behind it, the shortest first."""
        folded = name.casefold()
        # Most names end in none of them.
        if folded.endswith(self._label_ends):
            yield from (name[: -len(end)].rstrip() for end in self._label_ends if folded.endswith(end))
        if name[-1:].isdecimal():
            yield _NUMBER_BEHIND.sub("", name).rstrip()

    @cached_property
    def _label_ends(self) -> tuple[str, ...]:
        return tuple(sorted((end.casefold() for end in self.words.label_ends), key=len))

    def _by_any_name(self, name: str) -> Label | None:
        return self.named(name) or self._by_word.get(fold_label(name))

    @cached_property
    def _before_label(self) -> re.Pattern[str]:
        starts = "|".join(_standing_alone(word) for word in self.words.label_starts)
        return re.compile(rf"^(?:(?:{starts})\s*+)++", re.IGNORECASE)

    @cached_property
    def _by_word(self) -> dict[str, Label]:
        """The usual names of what exactly one of the labels is called by one."""
        found: dict[str, Label] = {}
        for group in self.words.labels:
            meant = {label for name in group if (label := self.named(name))}
            if len(meant) == 1:
                label = meant.pop()
                found |= {fold_label(name): label for name in group if fold_label(name) not in found}
        return found

    def kind(self, entity: Entity, text: str) -> EntityKind:
        """Tell how ``entity`` relates to ``text``.

        Raises:
            ValueError: the label is unknown, or value and span contradict each other.
        """
        label = self._by_name.get(entity.label)
        if label is None:
            raise ValueError(f"label {entity.label!r} is not one of {', '.join(self._by_name)}")
        if entity.start is None:
            if not label.inferable:
                raise ValueError(
                    f"entity {entity.text!r} ({entity.label}) has no span and the task infers none"
                )
            return EntityKind.INFERRED
        # (2, 5) of 我在菏泽市 says 菏泽市 for the value 菏泽: the label's normaliser has to know it.
        surface = text[entity.start : entity.end]
        if surface == entity.text:
            return EntityKind.EXTRACTED
        if label.normaliser is not None and surface in label.normaliser.surfaces(entity.text):
            return EntityKind.NORMALISED
        raise ValueError(
            f"entity {entity.text!r} ({entity.label}) at {entity.start}-{entity.end}: "
            f"the text says {surface!r}"
        )

    def allows(self, entity: Entity, text: str) -> bool:
        """Tell whether ``entity`` has a kind: the sentence says it, in some form, or it is inferred."""
        try:
            self.kind(entity, text)
        except ValueError:
            return False
        return True


class Outcome(StrEnum):
    """How the reading of an answer ended; exactly one applies."""

    CLEAN = "clean"
    REPAIRED = "repaired"
    SALVAGED = "salvaged"
    """Cut off, but something was saved."""
    EMPTY = "empty"
    """The model said that there is nothing."""
    UNPARSABLE = "unparsable"


class ProblemKind(StrEnum):
    """What was dropped from an answer, mended in it, or is doubtful in it."""

    BAD_JSON = "bad_json"
    """Dropped: a piece that even a repair does not make JSON."""
    BAD_OBJECT = "bad_object"
    """Dropped: JSON that names no entity."""
    BAD_TAG = "bad_tag"
    """Dropped: a tag without its counterpart."""
    CUT_OFF = "cut_off"
    """Dropped: what stands behind the last whole entity of an answer that ends too early."""
    EMPTY_VALUE = "empty_value"
    """Dropped: an entity without text."""
    NO_ANSWER = "no_answer"
    """Nothing was there to read."""
    OUTSIDE = "outside"
    """Dropped: an entity that is tagged outside of the copy of the sentence."""
    REPEATED = "repeated"
    """Dropped: an entity named more often than the sentence says it."""
    UNKNOWN_LABEL = "unknown_label"
    """Dropped: an entity whose label the task does not have."""
    UNREAD = "unread"
    """Dropped: words that seem to name an entity, and that no layout explains."""
    AMBIGUOUS_LIST = "ambiguous_list"
    """Doubtful: several values that the sentence also says as one."""
    CHATTER = "chatter"
    """Ignored: words around the answer."""
    CODE_FENCE = "code_fence"
    """Ignored: a Markdown fence around the answer."""
    PROMPT_ECHO = "prompt_echo"
    """Ignored: the prompt or the sentence, repeated before the answer."""
    SPECIAL_TOKEN = "special_token"
    """Ignored: a model's control token, and what follows an end token."""
    THINKING = "thinking"
    """Ignored: a block of reasoning with words in it."""
    CROSSED_TAGS = "crossed_tags"
    """Mended: tags that are closed in the wrong order."""
    JSON_REPAIRED = "json_repaired"
    """Mended: something close to JSON."""
    OFFSETS_MOVED = "offsets_moved"
    """Mended: an entity whose text is not what the sentence says at its offsets, but at one place only."""
    LABEL_VARIANT = "label_variant"
    """Mended: a label in another case, or by a synonym."""
    OTHER_FORMAT = "other_format"
    """Mended: the answer is written in another answer format."""
    OTHER_LAYOUT = "other_layout"
    """Mended: valid JSON in another arrangement (an array, other keys, several objects in a line)."""
    TAG_VARIANT = "tag_variant"
    """Mended: a tag with spaces, attributes, full-width brackets, or escaped as a whole."""
    NOT_IN_TEXT = "not_in_text"
    """Doubtful: an entity that the sentence does not say and that may not be inferred."""
    OFFSETS_DISAGREE = "offsets_disagree"
    """Doubtful: an entity whose text the sentence says more than once, but not at its offsets."""
    OFFSETS_OUTSIDE = "offsets_outside"
    """Doubtful: an entity whose offsets are no span of the sentence."""
    TEXT_DRIFT = "text_drift"
    """Doubtful: the sentence was not copied as it stands."""

    @property
    def loses(self) -> bool:
        """Whether a piece of the answer was dropped that may have named an entity."""
        return self in _LOSSES


_LOSSES = frozenset(
    {
        ProblemKind.BAD_JSON,
        ProblemKind.BAD_OBJECT,
        ProblemKind.BAD_TAG,
        ProblemKind.CUT_OFF,
        ProblemKind.EMPTY_VALUE,
        ProblemKind.NO_ANSWER,
        ProblemKind.OUTSIDE,
        ProblemKind.REPEATED,
        ProblemKind.UNKNOWN_LABEL,
        ProblemKind.UNREAD,
    }
)


class Problem(msgspec.Struct, frozen=True, gc=False):
    """One piece of an answer that was dropped or is doubtful, with an excerpt of it."""

    kind: ProblemKind
    detail: str = ""


class Grounding(StrEnum):
    """How an answered entity was found in the sentence."""

    EXACT = "exact"
    """The sentence says the value at this place."""
    NORMALISED = "normalised"
    """It says it in another form: by the task's normaliser, or in other width, case or punctuation."""
    FUZZY = "fuzzy"
    """It says nearly this at this place. The entity keeps the answer's value, which is not what the sentence
    says, and so gets no credit where the value counts."""
    AMBIGUOUS = "ambiguous"
    """It says it more than once, and the answer does not tell which mention is meant; the first was taken."""
    INFERRED = "inferred"
    """It does not say it, and the task lets the answer complete it."""
    HALLUCINATED = "hallucinated"
    """It does not say it, and the task infers no such entity."""


class PartKind(StrEnum):
    """What a part of an answer is; each character belongs to exactly one part."""

    VALUE = "value"
    """The value of an entity that was read."""
    LABEL = "label"
    """The label of entities that were read, or a heading whose list is empty."""
    FRAME = "frame"
    """Punctuation, item numbers, table rules, fences, keys, and the copy of the sentence around tags."""
    CHATTER = "chatter"
    """Words around the answer: remarks, scores, offsets, an echo of the prompt, control tokens."""
    REASONING = "reasoning"
    """A block such as ``<think>``."""
    PROBLEM = "problem"
    """What a problem that loses something is about, such as a value with an unknown label."""


class AnswerPart(NamedTuple):
    """Some characters of an answer, end exclusive."""

    kind: PartKind
    start: int
    end: int


class Answer(msgspec.Struct, frozen=True):
    """What was read from a model's answer, in the order of the answer.

    Answers are equal whose entities, outcomes and problems are.
    """

    entities: tuple[Entity, ...]
    outcome: Outcome
    problems: tuple[Problem, ...] = ()
    groundings: tuple[Grounding, ...] = ()
    """One per entity, in the same order."""
    scores: tuple[float | None, ...] = ()
    """How sure the model is, one per entity, in the same order; empty where nothing says it."""
    account: Callable[[], tuple[AnswerPart, ...]] | None = None
    """Makes ``parts``, which few readers ask for."""
    completeness: float | None = None
    """How sure the model is that it names every entity; None where nothing says it."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answer) and self._compared == other._compared

    def __hash__(self) -> int:
        return hash(self._compared)

    @property
    def _compared(self) -> tuple[object, ...]:
        return self.entities, self.outcome, self.problems

    @property
    def parts(self) -> tuple[AnswerPart, ...]:
        """The answer's characters in their order, each in one part; halves of surrogate pairs count joined.

        Empty where the answer was not read from text.
        """
        return self.account() if self.account else ()
