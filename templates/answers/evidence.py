"""What the sentence and the schema know of the words of an answer: values, labels, names of fields."""

import re
from enum import Enum
from functools import cache, cached_property

from nerforge.templates.domain import Label, LabelSchema
from nerforge.templates.mentions.folding import fold
from nerforge.templates.mentions.text_places import TextPlaces, is_said
from nerforge.templates.mentions.traditional_characters import simplify
from nerforge.templates.words import AnswerWords, any_of, casefolded


class FieldRole(Enum):
    """What a field of an object or a column of a table holds."""

    TEXT = "text"
    LABEL = "label"
    OCCURRENCE = "occurrence"
    VERDICT = "verdict"
    REMARK = "remark"


MAIN_ROLES = frozenset({FieldRole.TEXT, FieldRole.LABEL})
"""What an entity needs."""
WIDTHS = {code + 0xFEE0: code for code in range(0x21, 0x7F)} | {0x3000: 0x20}
"""From full-width characters to those of ASCII, one for one."""
_MAX_GROWTH = 4
_MAX_CHATTER = 200
"""Characters of a line that may be a phrase around an answer."""
_NOTHING_FRAME = " \t()（）[]【】'\"“”。."
LIST_MARK = re.compile(r"[、,，;；|/]")
ITEM_SIGN = r"(?:[-*•]|\d{1,3}[.、)）])[ \t]"
"""What begins an item of a list, as a pattern."""
_WORD_BOUND = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[\s\-]+")


def fold_key(key: str) -> str:
    r"""Reduce a field's name to snake case and simplified characters.

    ``entityText``, ``Entity Text``, ``entity-text`` and Markdown's ``entity\_text`` are one, and so are
    ``實體`` and ``实体``.
    """
    return _WORD_BOUND.sub("_", simplify(key.replace("\\_", "_").strip(" \t\r\n\"'“”‘’*`"))).casefold()


@cache
def _fields(words: AnswerWords) -> dict[str, FieldRole]:
    fields: dict[str, FieldRole] = {}
    for field in FieldRole:
        for name in getattr(words.keys, field.value):
            fields.setdefault(fold_key(name), field)
    return fields


@cache
def _ranks(words: AnswerWords, field: FieldRole) -> dict[str, int]:
    names = getattr(words.keys, field.value)
    return {fold_key(name): rank for rank, name in reversed(list(enumerate(names)))}


@cache
def _chatter(words: AnswerWords) -> re.Pattern[str]:
    # Atomic, as words such as 根据 may begin a phrase or stand in the one before.
    phrases = "|".join(words.chatter)
    return re.compile(rf"(?>(?:{phrases})[\s，,。.！!：:；;…~*]*+)++", re.IGNORECASE)


@cache
def _denial(words: AnswerWords) -> re.Pattern[str]:
    return re.compile(rf"(?:{any_of((*words.negations, *words.denied))})(?![A-Za-z])", re.IGNORECASE)


@cache
def _no_such(words: AnswerWords) -> re.Pattern[str]:
    """Match 未发现该类实体."""
    negations, nouns = any_of(words.negations), any_of(words.nouns)
    return re.compile(rf"\w{{0,6}}(?:{negations})[^\W\d_]{{0,8}}(?:{nouns})", re.IGNORECASE)


class Evidence:
    """Answers what the words of one answer may be."""

    def __init__(self, text: str, schema: LabelSchema) -> None:
        """Take the sentence and the labels."""
        self.text = text
        self.schema = schema
        self.words = schema.words
        self._labels: dict[str, Label | None] = {}
        self._fields: dict[str, FieldRole | None] = {}
        self._ranks: dict[tuple[str, FieldRole], int | None] = {}

    @cached_property
    def folded(self) -> str:
        """The sentence without width, case, spaces and kinds of punctuation."""
        return fold(self.text)

    @cached_property
    def narrow(self) -> str:
        """The sentence with narrow marks for wide ones, character by character."""
        return self.text.translate(WIDTHS)

    def is_chatter(self, words: str) -> bool:
        """Tell whether words are known to stand around answers, and say nothing of entities."""
        return len(words) <= _MAX_CHATTER and _chatter(self.words).fullmatch(words) is not None

    def label(self, words: str) -> Label | None:
        """Give the label that some words name, and nothing else; or None."""
        if words not in self._labels:
            self._labels[words] = self.schema.from_variant(words)
        return self._labels[words]

    def says(self, value: str) -> bool:
        """Tell whether the sentence says a value of letters or digits, in any width, case and punctuation."""
        # Folding makes at most a few characters of one: ⑴ is (1). What is far longer is not said.
        if len(value) > _MAX_GROWTH * len(self.text) or not any(map(str.isalnum, value)):
            return False
        # A letter stands alone: "a" is not in SARS.
        if len(value) == 1 and value.isascii() and value.isalpha():
            return re.search(rf"(?<![A-Za-z]){value}(?![A-Za-z])", self.text) is not None
        if is_said(value, self.text):
            return True
        folded = fold(value)
        return bool(folded) and any(True for _ in self._folded_places.find(folded))

    @cached_property
    def _folded_places(self) -> TextPlaces:
        return TextPlaces(self.folded)

    def is_denied(self, name: str) -> bool:
        """Tell whether what stands in place of a label says that a candidate is no entity."""
        return self.is_no(name) or _denial(self.words).match(name) is not None

    def is_no(self, verdict: str) -> bool:
        """Tell whether the verdict on a candidate is that it is no entity."""
        return verdict.strip().casefold() in casefolded(self.words.denied)

    def denies(self, words: str) -> bool:
        """Tell whether words say that there is no entity, as 无 does where a list of values may stand."""
        bare = simplify(words.strip(_NOTHING_FRAME))
        return fold(bare) in _folded(self.words.nothing) or _no_such(self.words).fullmatch(bare) is not None

    def is_nothing(self, value: str) -> bool:
        """Tell whether a value says that there is no entity; what the sentence says is a value."""
        return self.denies(value) and not is_said(value, self.text)

    def is_placeholder(self, value: str) -> bool:
        """Tell whether a value is what a prompt's example has in place of one."""
        return value in self.words.placeholders and not is_said(value, self.text)

    def _is_list(self, value: str) -> bool:
        # "发热、咳嗽" is two values where the sentence says each alone, and one where it says just this.
        pieces = [piece for part in LIST_MARK.split(value) if (piece := part.strip())]
        return len(pieces) > 1 and all(is_said(piece, self.text) for piece in pieces)

    def is_plain(self, value: str) -> bool:
        """Tell whether a value is one: not 无, not a prompt's example, not a list."""
        return is_said(value, self.text) or not (
            self.is_nothing(value) or self.is_placeholder(value) or self._is_list(value)
        )

    def field(self, key: str) -> FieldRole | None:
        """Tell what a field of this name holds; of ``entity``, which may hold either, that it is a text."""
        if key not in self._fields:
            self._fields[key] = _fields(self.words).get(fold_key(key))
        return self._fields[key]

    def rank(self, key: str, field: FieldRole) -> int | None:
        """Tell how well a name fits a field, 0 best; None where it does not."""
        if (key, field) not in self._ranks:
            self._ranks[key, field] = _ranks(self.words, field).get(fold_key(key))
        return self._ranks[key, field]


@cache
def _folded(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(fold, words))
