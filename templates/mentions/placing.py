"""Give answered values their spans in the sentence, where the format itself does not say them."""

from bisect import bisect_left, bisect_right, insort
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from nerforge.templates.domain import Entity, Grounding, Label, LabelSchema, Problem, ProblemKind
from nerforge.templates.mentions.folding import FoldedText, fold, fold_with_sources
from nerforge.templates.mentions.statements import LOOP_LENGTH, Statement, excerpt
from nerforge.templates.mentions.text_places import find_first_places, find_places

Span = tuple[int, int]
Key = tuple[str, str]
"""A label's name and a value."""

_MAX_PAIRS = 200_000
"""Pairs of a statement and a mention that an alignment weighs; beyond, the statements of a value take its
mentions in order."""
# Mentions that each statement keeps where all pairs would be too many.
_MAX_WEIGHED = 32
_MIN_FUZZY = 5
"""Characters for each dropped or doubled one that a fuzzy match forgives."""
_MAX_FUZZY = 64
"""Values of one answer that are looked for with a fuzzy match."""
# Dropping one may reverse a value or make another: 无明显发热 and 明显发热, 110kV and 10kV.
_TELLING = frozenset("0123456789无不未非没否")
"""Characters that may not be missing or too many: they change what a value says."""


@dataclass(slots=True)
class GroundedEntities:
    """The entities of an answer in its order, how each was found, and what is doubtful."""

    entities: list[Entity] = field(default_factory=list)
    groundings: list[Grounding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    is_loop: bool = False
    """Whether the answer repeats an entity as only a model caught in a loop does."""


def ground(statements: Sequence[Statement], text: str, schema: LabelSchema) -> GroundedEntities:
    """Place the statements of an answer in ``text``.

    Of a value with several mentions, each statement takes the one that lets most statements stand in the
    order in which the answer names them (and, where the task's entities do not nest, side by side); the first
    such mention where that leaves a choice, which is then called ambiguous. A statement that repeats another
    and has no mention of its own is dropped and counted. A value that the sentence does not say is kept
    without a span.
    """
    # The usual answer: every value occurs once, so that order and overlaps decide nothing.
    is_plain = all(statement.occurrence is None and statement.span is None for statement in statements)
    entities = place_plainly([statement[:2] for statement in statements], text) if is_plain else None
    if entities is None:
        return _Aligner(statements, text, schema).run()
    return GroundedEntities(entities, [Grounding.EXACT] * len(entities))


def place_plainly(named: Iterable[tuple[Label, str]], text: str) -> list[Entity] | None:
    """Place labels with their values each of which has exactly one mention; None where one has not."""
    entities = []
    seen = set()
    for label, value in named:
        places = find_first_places(value, text)
        if len(places) != 1 or label.normaliser is not None or value in seen:
            return None
        seen.add(value)
        entities.append(Entity(label.name, value, places[0], places[0] + len(value)))
    return entities


def surfaces(label: Label, value: str) -> tuple[str, ...]:
    """List the forms in which a sentence may say ``value``, the longest first."""
    if label.normaliser is None:
        return (value,)
    known = label.normaliser.surfaces(value)
    return known if value in known else (*known, value)


def find_mentions(label: Label, value: str, text: str) -> list[Span]:
    """Find the spans of ``text`` that say ``value``, by start; of several at one start, the longest."""
    longest: dict[int, int] = {}
    for surface in surfaces(label, value):
        # Surfaces come longest first, and the first found at a start stays: 菏泽市 (0, 3), not 菏泽.
        for at in find_places(surface, text):
            longest.setdefault(at, at + len(surface))
    return sorted(longest.items())


class _Found(NamedTuple):
    """The mentions of one value."""

    mentions: list[Span]
    grounding: Grounding


class _Placed(NamedTuple):
    span: Span
    is_sure: bool


class _Aligner:
    """Places the statements of one answer."""

    def __init__(self, statements: Sequence[Statement], text: str, schema: LabelSchema) -> None:
        self.statements = statements
        self.text = text
        self.schema = schema
        self.folded: FoldedText | None = None
        self.n_fuzzy = 0
        self.result = GroundedEntities()
        self.places: dict[int, _Placed] = {}
        self.found: dict[Key, _Found] = {}
        self.used: dict[Key, set[Span]] = defaultdict(set)

    def run(self) -> GroundedEntities:
        kept = self._without_repetitions(self._by_value())
        groups: dict[str, list[int]] = defaultdict(list)
        for at in kept:
            statement = self.statements[at]
            if at not in self.places and not self._is_inferred(at) and self.found[self._key(at)].mentions:
                # {"疾病": [...], "身体": [...]} has an order within each list but none between the two.
                groups[statement.group].append(at)
        free = self._outside_longer_ones(at for group in groups.values() for at in group)
        for group in groups.values():
            self._place([at for at in group if free[self._key(at)]], free)
        if not self.schema.nested:
            self._shorten()
        for at in kept:
            self._add(at)
        return self.result

    def _shorten(self) -> None:
        """Let a mention end where the next begins, if it says its value too: 济南|市中区, not 济南市|中区."""
        in_order = sorted((placed.span, at) for at, placed in self.places.items())
        for (span, at), (after, _) in pairwise(in_order):
            if span[0] < after[0] < span[1]:
                statement = self.statements[at]
                short = self.text[span[0] : after[0]]
                if short in surfaces(statement.label, statement.value):
                    self.places[at] = _Placed((span[0], after[0]), self.places[at].is_sure)

    def _by_value(self) -> dict[Key, list[int]]:
        by_value: dict[Key, list[int]] = defaultdict(list)
        for at, statement in enumerate(self.statements):
            by_value[statement.label.name, statement.value].append(at)
        for key, named in by_value.items():
            self.found[key] = self._look_up(self.statements[named[0]].label, key[1])
        return by_value

    def _key(self, at: int) -> Key:
        statement = self.statements[at]
        return statement.label.name, statement.value

    def _look_up(self, label: Label, value: str) -> _Found:
        if mentions := find_mentions(label, value, self.text):
            return _Found(mentions, Grounding.EXACT)
        if self.folded is None:
            self.folded = fold_with_sources(self.text)
        if mentions := _find_folded(label, value, self.folded):
            return _Found(mentions, Grounding.NORMALISED)
        if mentions := self._unnormalised(label, value):
            return _Found(mentions, Grounding.FUZZY)
        if self.n_fuzzy < _MAX_FUZZY and not label.inferable:
            self.n_fuzzy += 1
            if mention := _find_fuzzy(fold(value), self.folded):
                return _Found([mention], Grounding.FUZZY)
        return _Found([], Grounding.INFERRED if label.inferable else Grounding.HALLUCINATED)

    def _unnormalised(self, label: Label, value: str) -> list[Span]:
        """Find a value that should have been normalised and was not, as the sentence says its normal form."""
        normal = label.normaliser.normalise(value) if label.normaliser else value
        return find_mentions(label, normal, self.text) if normal and normal != value else []

    def _without_repetitions(self, by_value: dict[Key, list[int]]) -> list[int]:
        """Fix the statements that say which mention they mean; drop those that have none of their own."""
        kept: list[int] = []
        for key, named in by_value.items():
            mentions = self.found[key].mentions
            unfixed = []
            n_inferred = n_surplus = 0
            for at in named:
                span = self._meant(at, mentions)
                self._note_wrong_number(at, mentions)
                if span is not None and span not in self.used[key]:
                    self.places[at] = _Placed(span, is_sure=True)
                    self.used[key].add(span)
                    kept.append(at)
                elif span is not None:
                    n_surplus += 1
                elif self._is_inferred(at) and not n_inferred:
                    n_inferred = 1
                    kept.append(at)
                else:
                    unfixed.append(at)
            # 肺炎 named three times of a sentence that says it twice: two are kept, one is counted.
            n_free = len(mentions) - len(self.used[key].intersection(mentions))
            # A value that the sentence lacks is kept once, as a hallucination that counts against precision.
            if not mentions and not self.used[key] and not n_inferred:
                n_free = 1
            kept += unfixed[:n_free]
            self._repeated(key[1], n_surplus + len(unfixed[n_free:]))
        return sorted(kept)

    def _note_wrong_number(self, at: int, mentions: list[Span]) -> None:
        occurrence = self.statements[at].occurrence
        if (
            mentions
            and occurrence is not None
            and not self._is_inferred(at)
            and not 0 < occurrence <= len(mentions)
        ):
            detail = f"{excerpt(self.statements[at].value)} #{occurrence}"
            self.result.problems.append(Problem(ProblemKind.NOT_IN_TEXT, detail))

    def _is_inferred(self, at: int) -> bool:
        return self.statements[at].occurrence == 0 and self.statements[at].label.inferable

    def _meant(self, at: int, mentions: list[Span]) -> Span | None:
        """Give the mention that a statement itself says it means; None if it says none that there is."""
        statement = self.statements[at]
        if statement.occurrence and statement.occurrence <= len(mentions):
            return mentions[statement.occurrence - 1]
        return statement.span

    def _repeated(self, value: str, n_surplus: int) -> None:
        if n_surplus > 0:
            self.result.problems.append(Problem(ProblemKind.REPEATED, f"{excerpt(value)} x{n_surplus}"))
            self.result.is_loop |= n_surplus >= LOOP_LENGTH

    def _outside_longer_ones(self, placeable: Iterable[int]) -> dict[Key, list[Span]]:
        """List each value's mentions, without those inside a longer answered one if enough others are left.

        Where entities do not nest, 上海 in 上海大学 is not the 上海 that is meant; where that is the only
        one, a value that may be inferred has no mention.
        """
        named = list(placeable)
        n_named: dict[Key, int] = Counter(map(self._key, named))
        inferable = self._inferable(named)
        mentions = {key: self._free_mentions(key) for key in n_named}
        if self.schema.nested:
            return mentions
        if not inferable and all(len(mentions[key]) <= n for key, n in n_named.items()):
            return mentions
        inside = _inside_others({span for found in self.found.values() for span in found.mentions})
        for key, n in n_named.items():
            outside = [span for span in mentions[key] if span not in inside]
            if len(outside) >= n or (key in inferable and not outside):
                mentions[key] = outside
        return mentions

    def _inferable(self, named: Iterable[int]) -> set[Key]:
        return {self._key(at) for at in named if self.statements[at].label.inferable}

    def _free_mentions(self, key: Key) -> list[Span]:
        return [span for span in self.found[key].mentions if span not in self.used[key]]

    def _place(self, group: list[int], free: dict[Key, list[Span]]) -> None:
        keys = [self._key(at) for at in group]
        options = {key: [span for span in free[key] if span not in self.used[key]] for key in set(keys)}
        candidates = [options[key] for key in keys]
        chain = _longest_chain(candidates, nested=self.schema.nested)
        for position, span in chain.items():
            self.used[keys[position]].add(span)
        beside = sorted(chain.values())
        out_of_order = [position for position in range(len(group)) if position not in chain]
        for position in out_of_order:
            before = chain.get(position - 1, (0, 0))
            chain[position] = self._leftover(candidates[position], self.used[keys[position]], before, beside)
            self.used[keys[position]].add(chain[position])
            insort(beside, chain[position])
        for position, at in enumerate(group):
            # Between neighbours in order a free mention would fit as well; out of order, one anywhere would.
            window = (
                (0, len(self.text))
                if position in out_of_order
                else self._window(chain.get(position - 1), chain.get(position + 1))
            )
            is_sure = not _has_other(candidates[position], self.used[keys[position]], window)
            self.places[at] = _Placed(chain[position], is_sure)

    def _leftover(self, candidates: list[Span], used: set[Span], before: Span, beside: list[Span]) -> Span:
        """Choose a free mention for a statement out of order: the first after its neighbour, else the first.

        Where entities do not nest, one beside the others comes before one that overlaps them.
        """
        open_ones = [span for span in candidates if span not in used]
        if not self.schema.nested:
            open_ones = [span for span in open_ones if not _overlaps(span, beside)] or open_ones
        after = before[0] if self.schema.nested else before[1]
        return next((span for span in open_ones if span[0] >= after), open_ones[0])

    def _window(self, before: Span | None, after: Span | None) -> Span:
        """Tell where a statement may stand between its neighbours' mentions."""
        if self.schema.nested:
            return (before[0] if before else 0, after[0] + 1 if after else len(self.text))
        return (before[1] if before else 0, after[0] if after else len(self.text))

    def _add(self, at: int) -> None:
        label, value = self.statements[at].label, self.statements[at].value
        placed = self.places.get(at)
        if placed is None:
            grounding = Grounding.INFERRED if label.inferable else Grounding.HALLUCINATED
            self.result.entities.append(Entity(label.name, value))
            self.result.groundings.append(grounding)
            if grounding is Grounding.HALLUCINATED:
                self.result.problems.append(Problem(ProblemKind.NOT_IN_TEXT, excerpt(value)))
            return
        grounding = self.statements[at].grounding or self.found[self._key(at)].grounding
        if grounding is Grounding.FUZZY:
            # The sentence says something else, if nearly the same, which is no credit to the answer.
            self.result.entities.append(Entity(label.name, value, *placed.span))
            self.result.groundings.append(grounding)
            self.result.problems.append(Problem(ProblemKind.NOT_IN_TEXT, excerpt(value)))
            return
        entity = settle(label, value, placed.span, self.text)
        if grounding is Grounding.EXACT and self.text[slice(*placed.span)] != value:
            grounding = Grounding.NORMALISED
        if not placed.is_sure:
            grounding = Grounding.AMBIGUOUS
        self.result.entities.append(entity)
        self.result.groundings.append(grounding)


def settle(label: Label, value: str, span: Span, text: str) -> Entity:
    """Make the entity at ``span``: its text is ``value`` where the span says just this, else what it says."""
    surface = text[slice(*span)]
    if surface != value and label.normaliser is not None:
        if surface in label.normaliser.surfaces(value):
            return Entity(label.name, value, *span)
        normal = label.normaliser.normalise(surface)
        return Entity(label.name, normal if fold(normal) == fold(value) else surface, *span)
    return Entity(label.name, surface, *span)


def _has_other(candidates: list[Span], used: set[Span], window: Span) -> bool:
    """Tell whether a mention within ``window`` is not used: the statement could mean that one, too."""
    if len(used) >= len(candidates):
        return False
    for span in candidates[bisect_left(candidates, (window[0], 0)) :]:
        if span[0] >= window[1]:
            return False
        if span not in used:
            return True
    return False


class _Link(NamedTuple):
    position: int
    span: Span
    options: list[Span]
    before: "_Link | None"


def _longest_chain(candidates: Sequence[list[Span]], *, nested: bool) -> dict[int, Span]:
    """Choose spans for as many positions as can follow one another; of several choices, the first.

    The longest chain over candidate sets, by Hunt and Szymanski's algorithm (Communications of the ACM 20,
    1977, https://doi.org/10.1145/359581.359603): time is O(p log n) for p pairs of position and span.
    Positions that share a list of candidates take different spans.
    """
    # 北京, 上海 in 上海到北京到上海: candidates [[(3, 5)], [(0, 2), (6, 8)]] give {0: (3, 5), 1: (6, 8)}.
    # tails[n] is the smallest reach of a chain of n + 1 positions so far, and links[n] ends that chain.
    tails: list[int] = []
    links: list[_Link] = []
    for position, (options, spans) in enumerate(zip(candidates, _windows(candidates), strict=True)):
        # From the last to the first, so that two spans of one position never follow one another.
        for span in reversed(spans):
            reach = span[0] if nested else span[1]
            length = bisect_right(tails, span[0])
            if nested and length and _is_taken(links[length - 1], span, options):
                length = bisect_left(tails, span[0])
            if length == len(tails) or reach < tails[length]:
                link = _Link(position, span, options, links[length - 1] if length else None)
                tails[length : length + 1] = [reach]
                links[length : length + 1] = [link]
    chain: dict[int, Span] = {}
    end = links[-1] if links else None
    while end is not None:
        chain[end.position] = end.span
        end = end.before
    return chain


def _is_taken(link: _Link | None, span: Span, options: list[Span]) -> bool:
    """Tell whether the chain up to ``link`` gives ``span`` to another statement of the same value."""
    while link is not None and link.span[0] == span[0]:
        if link.options is options:
            return True
        link = link.before
    return False


def _windows(candidates: Sequence[list[Span]]) -> list[list[Span]]:
    """Limit what is weighed: of too many pairs, only those in which a value's mentions come in order."""
    if sum(map(len, candidates)) <= _MAX_PAIRS:
        return list(candidates)
    counts = Counter(map(id, candidates))
    n_pairs = sum(len(spans) - counts[id(spans)] + 1 for spans in candidates)
    most = _MAX_WEIGHED if n_pairs > _MAX_PAIRS else n_pairs
    ranks: Counter[int] = Counter()
    windows = []
    for spans in candidates:
        rank = ranks[id(spans)]
        ranks[id(spans)] += 1
        width = min(len(spans) - counts[id(spans)] + 1, most)
        windows.append(spans[rank : rank + width])
    return windows


def _inside_others(spans: set[Span]) -> set[Span]:
    """Find the spans that lie within another, longer one."""
    # 上海 (0, 2) and 上海大学 (0, 4) give {(0, 2)}; spans that only overlap, (0, 3) and (2, 5), give none.
    inside = set()
    reach = -1
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if end <= reach:
            inside.add((start, end))
        reach = max(reach, end)
    return inside


def _overlaps(span: Span, taken: Sequence[Span]) -> bool:
    at = bisect_left(taken, (span[1], 0))
    return any(end > span[0] for _, end in taken[max(at - 1, 0) : at])


def _find_folded(label: Label, value: str, folded: FoldedText) -> list[Span]:
    """Find the spans that say ``value`` in other width, case, spacing or punctuation."""
    longest: dict[int, int] = {}
    for surface in surfaces(label, value):
        sought = fold(surface)
        at = folded.text.find(sought) if sought else -1
        while at >= 0:
            start, end = folded.span(at, at + len(sought))
            longest.setdefault(start, end)
            at = folded.text.find(sought, at + 1)
    return sorted(longest.items())


def _find_fuzzy(value: str, folded: FoldedText) -> Span | None:
    """Find the one place that says ``value`` but for a few dropped or doubled characters.

    A character that stands in place of another is not forgiven: 郓城 and 鄄城 are two counties. With d
    differences one of d + 1 pieces of the value stands in the text as it is, so only their places are tried.
    """
    # A value of ten characters with two differences has pieces of three: one of them is in the text.
    most = len(value) // _MIN_FUZZY
    # Only 5 to 44 characters: shorter values differ by one from others (肺炎, 肺), longer ones have too
    # many windows to try.
    if not 0 < most <= 8:
        return None
    text = folded.text
    size = len(value) // (most + 1)
    hits: set[Span] = set()
    for piece in range(most + 1):
        offset = piece * size
        at, n_tried = text.find(value[offset : offset + size]), 0
        while at >= 0 and n_tried < 16:
            n_tried += 1
            for shift in range(-most, most + 1):
                hits.update(_windows_like(value, text, at - offset + shift, most))
            at = text.find(value[offset : offset + size], at + 1)
    # Windows at two places that are equally near the value's length are ambiguous, and neither is taken.
    best = min((abs(end - start - len(value)) for start, end in hits), default=0)
    nearest = [hit for hit in hits if abs(hit[1] - hit[0] - len(value)) == best]
    return folded.span(*nearest[0]) if len(nearest) == 1 else None


def _windows_like(value: str, text: str, start: int, most: int) -> Iterable[Span]:
    if not 0 <= start < len(text):
        return
    for length in range(max(len(value) - most, 1), len(value) + most + 1):
        window = text[start : start + length]
        if length == len(value) or len(window) < length:
            continue
        longer, shorter = (window, value) if length > len(value) else (value, window)
        # Otherwise a character dropped at an end would match too, and the span would be too short by it.
        if window[0] != value[0] or window[-1] != value[-1]:
            continue
        surplus = _surplus(longer, shorter)
        if surplus is not None and not _TELLING.intersection(surplus):
            yield start, start + length


def _surplus(longer: str, shorter: str) -> list[str] | None:
    """List the characters of ``longer`` that ``shorter`` lacks; None if it is not part of it in order."""
    surplus = []
    at = 0
    for character in longer:
        if at < len(shorter) and character == shorter[at]:
            at += 1
        else:
            surplus.append(character)
    return surplus if at == len(shorter) else None
