"""Names in corpora of words with parts of speech, such as the People's Daily of January 1998."""

import re
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from nerforge.generators.corpora.layouts.tagged_lines.tagged_words import entity_tags, pieces_of
from nerforge.generators.corpora.reading.raw_rows import RawEntity
from nerforge.generators.corpora.reading.tokens.detokenising import StyleEvidence, TokenStyle, join_tokens
from nerforge.generators.corpora.reading.tokens.token_places import JoinedTokens

NAME_JOINED = "surname_and_given_name_joined"
OTHER_BRACKET = "bracket_that_is_no_name"
LOOSE_BRACKET = "bracket_without_its_other_half"
PRONUNCIATION = "pronunciation"
ODD_TAG = "tag_behind_a_tag"

_COMPOUND = frozenset(
    "欧阳 太史 端木 上官 司马 东方 独孤 南宫 万俟 闻人 夏侯 诸葛 尉迟 公羊 赫连 澹台 皇甫 宗政 濮阳 公冶 "
    "太叔 申屠 公孙 慕容 仲孙 钟离 长孙 宇文 司徒 鲜于 司空 闾丘 令狐 百里 呼延 东郭 南门 西门".split()
)
"""Surnames of two characters."""
_PARAGRAPH = re.compile(r"\d{8}-\d{2}-\d{3}-\d{3}")
_PRONUNCIATION = re.compile(r"\{[A-Za-z:]+\d?\}")
_TAG = r"[A-Za-z]{1,5}\d?"
_ANY_TAG = re.compile(_TAG)


class WordsWithNames(NamedTuple):
    """The sentence of a line."""

    id: str | None
    """The number of the paragraph, where the line begins with one."""
    text: str
    entities: tuple[RawEntity, ...]
    notes: tuple[str, ...]
    has_other_tags: bool


class _Piece(NamedTuple):
    """What stands between two blanks."""

    n_opened: int
    word: str
    tag: str
    closing: list[str]
    """The labels of the brackets that it closes."""
    is_odd: bool


class _Span(NamedTuple):
    label: str
    first: int
    after: int


class PartOfSpeechReader:
    """Reads lines such as ``[中国/ns 政府/n]nt 的/u 江/nr 泽民/nr``, once it has seen them all."""

    def __init__(self, separator: str) -> None:
        """Begin without a line.

        Args:
            separator: Stands between a word and its tag.
        """
        between = re.escape(separator)
        self._piece = re.compile(rf"(\[{{0,9}})(.+?){between}({_TAG})((?:\]{between}?{_TAG}){{0,9}})")
        self._odd = re.compile(rf"(\[{{0,9}})(.+?){between}({_TAG}){between}\S*()")
        self._blank = re.compile(rf"()(){between}({_TAG})()")
        self._styles = StyleEvidence()
        self._tags: set[str] = set()

    def learn(self, line: str) -> None:
        """Take what a line tells of the tags and of how words are joined.

        Raises:
            ValueError: a word has no tag.
        """
        pieces = [self._split(piece) for piece in pieces_of(line)]
        self._tags.update(piece.tag for piece in pieces)
        self._tags.update(label for piece in pieces for label in piece.closing)
        self._styles.add([piece.word for piece in pieces])

    @cached_property
    def _style(self) -> TokenStyle:
        return self._styles.conclude()

    @cached_property
    def _names(self) -> frozenset[str]:
        return entity_tags(self._tags)

    @property
    def _has_whole_names(self) -> bool:
        # A corpus with o for all other words has whole names: 王芳/nr 李梅/nr are two people.
        return "o" in self._tags

    def read(self, line: str) -> WordsWithNames:
        """Read a line that was learned from."""
        words, tags, notes = list[str](), list[str](), list[str]()
        opened, spans = list[int](), list[_Span]()
        paragraph = None
        for piece in map(self._split, pieces_of(line)):
            if not words and _PARAGRAPH.fullmatch(piece.word):
                paragraph = piece.word
                continue
            opened += [len(words)] * piece.n_opened
            words.append(_without_pronunciation(piece.word, notes))
            tags.append(piece.tag)
            notes += [ODD_TAG] * piece.is_odd
            for label in piece.closing:
                spans += self._close(label, opened, len(words), notes)
        notes += [LOOSE_BRACKET] * len(opened)
        spans += self._spans(words, tags, notes)
        joined = join_tokens(words, self._style)
        entities = [
            _entity(span, joined) for span in sorted(spans, key=lambda span: (span.first, -span.after))
        ]
        has_others = any(tag not in self._names and tag != "o" for tag in tags)
        return WordsWithNames(paragraph, joined.text, tuple(entities), (*joined.notes, *notes), has_others)

    def _split(self, piece: str) -> _Piece:
        match = self._piece.fullmatch(piece) or self._blank.fullmatch(piece)
        is_odd = match is None
        match = match or self._odd.fullmatch(piece)
        if match is None:
            raise ValueError(f"found {piece[:40]!r} without a tag")
        before, word, tag, closing = match.groups()
        return _Piece(len(before), word or " ", tag, _ANY_TAG.findall(closing), is_odd)

    def _close(self, label: str, opened: list[int], after: int, notes: list[str]) -> list[_Span]:
        if not opened:
            notes.append(LOOSE_BRACKET)
            return []
        first = opened.pop()
        if label not in self._names:
            notes.append(OTHER_BRACKET)
            return []
        return [_Span(label, first, after)]

    def _spans(self, words: Sequence[str], tags: Sequence[str], notes: list[str]) -> list[_Span]:
        spans: list[_Span] = []
        here = 0
        while here < len(words):
            n_words = 2 if self._is_split_name(words, tags, here) else 1
            if n_words == 2:
                notes.append(NAME_JOINED)
            if tags[here] in self._names:
                spans.append(_Span("nr" if n_words == 2 else tags[here], here, here + n_words))
            here += n_words
        return spans

    def _is_split_name(self, words: Sequence[str], tags: Sequence[str], here: int) -> bool:
        """Tell whether a surname stands here and the given name behind it: 江/nr 泽民/nr."""
        pair = tuple(tags[here : here + 2])
        if pair in (("nr1", "nr2"), ("nrf", "nrg")):
            return True
        is_surname = len(words[here]) == 1 or words[here] in _COMPOUND
        return pair == ("nr", "nr") and is_surname and not self._has_whole_names and len(words[here + 1]) <= 2


def _without_pronunciation(word: str, notes: list[str]) -> str:
    said = _PRONUNCIATION.sub("", word)
    if said == word or not said:
        return word
    notes.append(PRONUNCIATION)
    return said


def _entity(span: _Span, joined: JoinedTokens) -> RawEntity:
    start, end = joined.starts[span.first], joined.ends[span.after - 1]
    return RawEntity(span.label, joined.text[start:end], start, end)
