"""Normalise the texts of a corpus where its user asks for it, and carry the spans of entities along."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from operator import ne
from typing import NamedTuple

from msgspec.structs import replace

from nerforge.foundation.errors import unknown_name
from nerforge.generators.manifests.corpus_counts import NormalisationCounts
from nerforge.templates.domain import Entity, Sample, in_reading_order
from nerforge.templates.mentions.traditional_characters import open_opencc

STEPS = {
    "width": "full-width letters, digits and signs become half-width; Chinese punctuation stays",
    "space": "runs of white space become one space, or nothing at the ends; invisible characters are removed",
    "traditional": "traditional characters become simplified ones, in texts that are written in them",
}
"""What can be done to a text, in the order in which it is done."""
_N_EXAMPLES = 5

_CHINESE_MARKS = "！（），：；？［］～"
"""Full width is the normal form of these; Chinese writing has the others in half width, or not at all."""
_HALF_WIDTH = {ord(c): ord(c) - 0xFEE0 for c in map(chr, range(0xFF01, 0xFF5F)) if c not in _CHINESE_MARKS}
_WIDE = frozenset(map(chr, _HALF_WIDTH))

_WHITE = "".join(c for c in map(chr, range(0x3001)) if c.isspace())
_CONTROL = "".join(c for c in map(chr, (*range(0x20), *range(0x7F, 0xA0))) if not c.isspace())
_INVISIBLE = _CONTROL + "\u00ad\u200b\u2060\ufeff"
"""Control characters, soft hyphen, zero-width space, word joiner and byte order mark.

The joiners U+200C and U+200D are none of these: emoji and several scripts need them.
"""
_BLANK = _WHITE + _INVISIBLE
_ANY, _NOT_PLAIN = (f"[{re.escape(blanks)}]" for blanks in (_BLANK, _BLANK.replace(" ", "")))
_RUN = re.compile(rf"{_ANY}{{2,}}|{_NOT_PLAIN}|\A | \Z")
"""Blanks that are anything but one plain space between two other characters."""

_IN_BOTH = frozenset("乾剋劄吒徵扞於昇氾濛祕脩苧蒐薹袷谿釐陞麽夥拚捱摺榘醣麴")
"""Traditional characters that simplified writing has too, many of them in names, such as 乾 in 萧乾.

They do not show that a text is traditional. The first 20 are all that OpenCC itself leaves in some words.
"""
_MAX_PASSES = 4


@dataclass(slots=True)
class NormalisationReport:
    """What was changed; entities in = entities out + lost + merged."""

    samples_changed: int = 0
    samples_emptied: int = 0
    """Of these, the ones of whose text nothing was left."""
    characters: Counter[str] = field(default_factory=Counter)
    """Characters changed or removed, by step."""
    traditional_left: int = 0
    """Characters that OpenCC would change, left as nothing else shows that their text is traditional."""
    converted_singly: int = 0
    """Conversions done character by character, as OpenCC gave another length; a text may take several."""
    entities_changed: int = 0
    """Entities whose characters changed."""
    entities_lost: int = 0
    """Entities of blanks alone."""
    entities_merged: int = 0
    """Entities that became the same as another of their sample: they differed by blanks at their ends."""
    examples: list[str] = field(default_factory=list)
    """The first few entities that changed."""

    def counts(self) -> NormalisationCounts:
        """Give the counts for the manifest."""
        return NormalisationCounts(
            samples_changed=self.samples_changed,
            samples_emptied=self.samples_emptied,
            characters={step: self.characters[step] for step in STEPS},
            traditional_left=self.traditional_left,
            converted_singly=self.converted_singly,
            entities_changed=self.entities_changed,
            entities_lost=self.entities_lost,
            entities_merged=self.entities_merged,
            examples=self.examples,
        )

    def add_example(self, sample: Sample, entity: Entity, text: str) -> None:
        """Note what became of an entity's text, unless there are examples enough."""
        if len(self.examples) < _N_EXAMPLES:
            self.examples.append(f"{sample.id}: {entity.text!r} ({entity.label}) is now {text!r}")


class _Normal(NamedTuple):
    """A normalised text, and where its characters come from."""

    text: str
    ends: Sequence[int] = ()
    """Where runs of blanks that lost characters end in the old text, ascending."""
    removed: Sequence[int] = ()
    """Characters removed up to each of them."""

    def moved(self, offset: int) -> int:
        """Give the new place of an offset of the old text that is not inside a run of blanks."""
        before = bisect_right(self.ends, offset)
        return offset - self.removed[before - 1] if before else offset


class TextNormaliser:
    """Does the steps that were asked for; a text that went through them once is changed by none of them."""

    def __init__(self, steps: Iterable[str]) -> None:
        """Take the names of steps, in any order.

        Raises:
            UsageError: there is no such step.
        """
        asked = set(steps)
        for step in sorted(asked - STEPS.keys()):
            raise unknown_name("normalisation", step, STEPS)
        self.steps = tuple(step for step in STEPS if step in asked)
        """The names, in the order in which the steps are done."""
        self._trims = "space" in asked
        self._simplify = open_opencc() if "traditional" in asked else None

    def apply(self, sample: Sample, report: NormalisationReport) -> Sample | None:
        """Normalise a sample's text, and count what changed; None where nothing is left of the text.

        An entity loses the blanks at its ends, and is dropped where it has no other characters. Id and meta
        stay as they are.

        Args:
            sample: One of a corpus, its entities in reading order.
            report: Where to count.
        """
        normal = self._normalise(sample.text, report)
        if normal.text == sample.text and not (self._trims and any(map(_has_blank_end, sample.entities))):
            return sample
        report.samples_changed += 1
        if not normal.text:
            report.samples_emptied += 1
            return None
        return replace(sample, text=normal.text, entities=self._carry(sample, normal, report))

    def normalise_text(self, text: str) -> str:
        """Normalise a text without entities, and count nothing."""
        return self._normalise(text, NormalisationReport()).text

    def _normalise(self, text: str, report: NormalisationReport) -> _Normal:
        normal = _Normal(text)
        if "width" in self.steps:
            normal = _Normal(_narrow(text, report))
        if self._trims:
            normal = _collapse(normal.text, report)
        if self._simplify:
            normal = normal._replace(text=_simplify(normal.text, self._simplify, report))
        return normal

    def _carry(self, sample: Sample, normal: _Normal, report: NormalisationReport) -> tuple[Entity, ...]:
        carried: dict[Entity, None] = {}
        n_lost = 0
        for entity in sample.entities:
            if entity.span is None:
                carried[entity] = None
                continue
            start, end = _core(entity.span, sample.text) if self._trims else entity.span
            start, end = normal.moved(start), normal.moved(end)
            text = normal.text[start:end]
            if text and sample.text[slice(*entity.span)] != entity.text:
                # The text says the value in another form; that form is what was normalised.
                text = entity.text
            if text != entity.text:
                report.entities_changed += 1
                report.add_example(sample, entity, text)
            if text:
                carried[Entity(entity.label, text, start, end)] = None
            else:
                n_lost += 1
        report.entities_lost += n_lost
        report.entities_merged += len(sample.entities) - len(carried) - n_lost
        return in_reading_order(carried)


def _has_blank_end(entity: Entity) -> bool:
    return entity.text != entity.text.strip(_BLANK)


def _core(span: tuple[int, int], text: str) -> tuple[int, int]:
    """Give a span without the blanks at its ends; an empty one where nothing else is there."""
    said = text[slice(*span)]
    core = said.lstrip(_BLANK)
    start = span[1] - len(core)
    return start, start + len(core.rstrip(_BLANK))


def _narrow(text: str, report: NormalisationReport) -> str:
    if _WIDE.isdisjoint(text):
        return text
    narrow = text.translate(_HALF_WIDTH)
    report.characters["width"] += _n_different(text, narrow)
    return narrow


def _n_different(before: str, after: str) -> int:
    return 0 if before == after else sum(map(ne, before, after))


def _collapse(text: str, report: NormalisationReport) -> _Normal:
    # "发热  3 天 ": the run 2-4 becomes one blank (one removed up to 4), the single blank at 5 is no run,
    # the last one goes (two removed up to 8): ends 4 and 8, removed 1 and 2. An entity at 6-7 moves to 5-6.
    pieces: list[str] = []
    ends, removed = [], []
    done = n_removed = 0
    for run in _RUN.finditer(text):
        blanks = run.group()
        is_inside = run.start() > 0 and run.end() < len(text)
        # Characters of no width leave nothing behind, not even a blank.
        left = " " if is_inside and blanks.strip(_INVISIBLE) else ""
        pieces += text[done : run.start()], left
        done = run.end()
        n_removed += len(blanks) - len(left)
        ends.append(done)
        removed.append(n_removed)
        report.characters["space"] += len(blanks) - (left == " " and " " in blanks)
    return _Normal("".join([*pieces, text[done:]]), ends, removed) if ends else _Normal(text)


def _simplify(text: str, convert: Callable[[str], str], report: NormalisationReport) -> str:
    """Convert a text as a whole, so that words decide, if it holds what only traditional writing has.

    OpenCC takes every text for a traditional one: of the name 萧乾 in a simplified text it makes 萧干, though
    of 蕭乾 it makes 萧乾.
    """
    simplified = further = text
    for _ in range(_MAX_PASSES):
        further = _convert(simplified, convert, report)
        if not _is_traditional(simplified, further, convert):
            break
        simplified = further
    if simplified == text:
        report.traditional_left += _n_different(text, further)
    report.characters["traditional"] += _n_different(text, simplified)
    return simplified


def _is_traditional(text: str, simplified: str, convert: Callable[[str], str]) -> bool:
    if simplified == text:
        return False
    changed = {before for before, after in zip(text, simplified, strict=True) if before != after}
    return any(convert(character) != character for character in changed - _IN_BOTH)


def _convert(text: str, convert: Callable[[str], str], report: NormalisationReport) -> str:
    """Convert a text to one of the same length."""
    converted = convert(text)
    if len(converted) == len(text):
        return converted
    report.converted_singly += 1
    singly = ((character, convert(character)) for character in text)
    return "".join(after if len(after) == 1 else before for before, after in singly)
