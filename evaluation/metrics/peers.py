"""The figures of other scorers from the same predictions, so that published numbers compare like with like.

Each counts what its own documentation or code defines; where ours differ from it, the docstring says how.
"""

import re
import string
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter

from nerforge.evaluation.metrics.criteria.criterion import Criterion
from nerforge.evaluation.metrics.entity_pairing import (
    best_pairs,
    count_pairs,
    overlap,
    place,
    split_common,
)
from nerforge.evaluation.metrics.match_counts import MatchCounts
from nerforge.evaluation.metrics.peer_figures import (
    PeerScores,
    SemEvalFigures,
    SeqevalReport,
    SeqevalRow,
)
from nerforge.templates.domain import Entity

SEMEVAL = ("strict", "exact", "partial", "ent_type")
_KEYS: dict[str, Callable[[Entity], Hashable]] = {
    "strict": lambda entity: (entity.label, place(entity)),
    "exact": place,
}


class SemEval:
    """Counts of SemEval-2013 task 9.1 (https://aclanthology.org/S13-2056), as nervaluate names them.

    For each criterion the pairs that are right come first, as many as can be; what is left is paired by
    overlap, as many as can be, and is ``incorrect`` (``partial`` under that criterion). nervaluate
    (https://github.com/MantisAI/nervaluate) pairs greedily, in the order of the predictions, so it counts
    less where an early prediction takes the gold entity that a later one fits better; with end-exclusive
    spans it also takes touching ones for overlapping. Otherwise the counts are the same.
    """

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.n_equal = 0
        """Entities that are the same on both sides, so that every criterion has them right."""
        self.n_gold = 0
        self.n_predicted = 0
        self.right: Counter[str] = Counter()
        self.wrong: Counter[str] = Counter()

    def add(self, gold: Sequence[Entity], predicted: Sequence[Entity]) -> None:
        """Count one sentence.

        Where no entity overlaps another of its side, or one side has nothing but what both have, the common
        entities may be counted as ``n_equal`` instead, and only the others be given.
        """
        if len(gold) == len(predicted) == 1:
            self.add_pair(gold[0], predicted[0])
            return
        self.n_gold += len(gold)
        self.n_predicted += len(predicted)
        if not gold or not predicted:
            return
        for name, key in _KEYS.items():
            same = split_common(gold, predicted, key)
            self.right[name] += len(same.matched)
            rest = [gold[i] for i in same.gold], [predicted[j] for j in same.predicted]
            self.wrong[name] += count_pairs(*rest, overlap)
        # As many pairs of one label as can be, and of these matchings one with the most pairs.
        scale = min(len(gold), len(predicted)) + 1
        pairs = best_pairs(gold, predicted, lambda g, p: overlap(g, p) * (scale if g.label == p.label else 1))
        n_right = sum(pair.weight == scale for pair in pairs)
        self.right["ent_type"] += n_right
        self.wrong["ent_type"] += len(pairs) - n_right

    def add_pair(self, gold: Entity, predicted: Entity, n: int = 1) -> None:
        """Count ``n`` sentences with one entity on each side."""
        self.n_gold += n
        self.n_predicted += n
        if overlap(gold, predicted):
            has_label, has_place = gold.label == predicted.label, place(gold) == place(predicted)
            for name, is_right in (
                ("strict", has_label and has_place),
                ("exact", has_place),
                ("ent_type", has_label),
            ):
                (self.right if is_right else self.wrong)[name] += n

    def figures(self) -> dict[str, SemEvalFigures]:
        """Give counts and figures by criterion."""
        return {name: self._criterion(name) for name in SEMEVAL}

    def _criterion(self, name: str) -> SemEvalFigures:
        # `partial` pairs as `exact` does, and takes what is incorrect there for half right.
        pairing = "exact" if name == "partial" else name
        right, wrong = self.right[pairing] + self.n_equal, self.wrong[pairing]
        half = wrong if name == "partial" else 0
        counts = MatchCounts(right + half / 2, self.n_gold + self.n_equal, self.n_predicted + self.n_equal)
        return SemEvalFigures(
            correct=right,
            incorrect=wrong - half,
            partial=half,
            missed=counts.n_gold - right - wrong,
            spurious=counts.n_predicted - right - wrong,
            possible=counts.n_gold,
            actual=counts.n_predicted,
            precision=counts.precision,
            recall=counts.recall,
            f1=counts.f1,
        )


def is_flat(entities: Sequence[Entity]) -> bool:
    """Tell whether all entities have spans and none overlaps another, so that BIO tags can say them."""
    spans = sorted([(e.start, e.end) for e in entities if e.start is not None and e.end is not None])
    return len(spans) == len(entities) and all(one[1] <= other[0] for one, other in pairwise(spans))


class BioTags:
    """What is lost where predictions are written as one BIO tag a character.

    BIO tags hold no entity without a span, and of two that overlap only one: here the one that begins
    first, the longer of two that begin together. They also do not hold a value beside the span.
    """

    def __init__(self) -> None:
        """Begin with nothing counted."""
        self.n_gold_untaggable = 0
        self.n_left_out = 0
        self.tp: Counter[str] = Counter()
        """By label, what is to be added to the strict matches."""
        self.n_predicted: Counter[str] = Counter()

    def add(self, gold: Sequence[Entity], predicted: Sequence[Entity], strict: Sequence[str]) -> None:
        """Count one sentence whose sides differ; ``strict`` holds the labels of its strict matches."""
        if not is_flat(gold):
            self.n_gold_untaggable += 1
            return
        # Predicted ORG [0, 4) and GPE [0, 2) become one run of tags, that of ORG: GPE is left out and
        # counted.
        tagged, left_out = _taggable(predicted)
        self.n_left_out += len(left_out)
        for entity in left_out:
            self.n_predicted[entity.label] -= 1
        spans = set(map(_SPAN, tagged))
        matched = [entity.label for entity in gold if _SPAN(entity) in spans]
        if matched != list(strict):
            self.tp.update(matched)
            self.tp.subtract(strict)


_SPAN: Callable[[Entity], Hashable] = attrgetter("label", "start", "end")


def _taggable(entities: Sequence[Entity]) -> tuple[list[Entity], list[Entity]]:
    """Divide entities into those that BIO tags can say together, and those that are left out."""
    kept: list[Entity] = []
    left_out = [entity for entity in entities if entity.start is None]
    reach = 0
    spans = [(e.start, -e.end, e.label, i) for i, e in enumerate(entities) if e.start is not None and e.end]
    for start, minus_end, _, i in sorted(spans):
        if start >= reach:
            kept.append(entities[i])
            reach = -minus_end
        else:
            left_out.append(entities[i])
    return kept, left_out


def seqeval_report(per_label: Mapping[str, MatchCounts], tags: BioTags) -> SeqevalReport:
    """Give seqeval's ``classification_report(mode="strict", scheme=IOB2)`` of one tag a character.

    The layout is that of its ``output_dict`` (https://github.com/chakki-works/seqeval). ``left_out`` counts
    predictions that BIO tags cannot say; where gold itself is not flat there is a ``reason`` instead.
    """
    if tags.n_gold_untaggable:
        return SeqevalReport(
            reason=f"BIO tags cannot say the gold of {tags.n_gold_untaggable} samples (nested or inferred)"
        )
    counts = {
        label: MatchCounts(c.tp + tags.tp[label], c.n_gold, c.n_predicted + tags.n_predicted[label])
        for label, c in sorted(per_label.items())
    }
    counts = {label: c for label, c in counts.items() if c.n_gold or c.n_predicted}
    micro = MatchCounts(
        *(sum(getattr(c, name) for c in counts.values()) for name in ("tp", "n_gold", "n_predicted"))
    )
    report = {label: _seqeval_row(c) for label, c in counts.items()}
    rows = list(report.values())
    return SeqevalReport(
        per_label=report,
        micro=_seqeval_row(micro),
        macro=_mean(rows, [1] * len(rows), micro.n_gold),
        weighted=_mean(rows, [row.support for row in rows], micro.n_gold),
        left_out=tags.n_left_out,
    )


def _seqeval_row(counts: MatchCounts) -> SeqevalRow:
    return SeqevalRow(precision=counts.precision, recall=counts.recall, f1=counts.f1, support=counts.n_gold)


def _mean(rows: Sequence[SeqevalRow], weights: Sequence[int], support: int) -> SeqevalRow:
    total = sum(weights)

    def mean(values: Iterable[float]) -> float:
        return sum(w * value for w, value in zip(weights, values, strict=True)) / total if total else 0.0

    return SeqevalRow(
        precision=mean(row.precision for row in rows),
        recall=mean(row.recall for row in rows),
        f1=mean(row.f1 for row in rows),
        support=support,
    )


_ARTICLES = frozenset({"a", "an", "the"})
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_WITHOUT_PUNCTUATION = str.maketrans("", "", string.punctuation)


@lru_cache(maxsize=1 << 16)
def universalner_text(value: str) -> str:
    """Normalise a value as UniversalNER does: lower case, no ASCII punctuation, no English articles."""
    # "The U.S. Army" and "US Army" both become "us army".
    lowered = value.lower()
    if lowered.isalpha() and lowered not in _ARTICLES:
        return lowered
    return " ".join(_ARTICLE.sub(" ", lowered.translate(_WITHOUT_PUNCTUATION)).split())


def _universalner_name(entity: Entity) -> tuple[str, str]:
    return entity.label, universalner_text(entity.text)


UNIVERSALNER = Criterion(
    name="universalner",
    meaning="label and value are the same but for case, ASCII punctuation and articles, once in a sentence",
    credit=lambda gold, predicted: _universalner_name(gold) == _universalner_name(predicted),
    key=_universalner_name,
    is_set=True,
)
"""Counted like a criterion, and only in all, not by label; it stands among the figures of other scorers."""


def peer_scores(
    seqeval: SeqevalReport,
    semeval: SemEval,
    text: MatchCounts,
    text_set: MatchCounts,
    universalner: MatchCounts,
) -> PeerScores:
    """Put beside the two reports P, R and F1 as three projects define theirs: micro, and without spans.

    ``universalner``: in a sentence, each label's normalised values as a set
    (https://github.com/universal-ner/universal-ner/blob/main/src/eval/evaluate.py). It asks for one label at
    a time, and its answers end at the first ``]``; it adds 1e-10 to each denominator.

    ``iepile``: in a sentence, pairs of value and label as a multiset, which is our ``text``
    (https://github.com/zjunlp/IEPile, ``ie2instruction/eval``). It drops an answer that is not valid JSON
    whole, and rounds precision and recall to 0.01 % before it takes F1.

    ``promptcblue``: in a sentence, pairs of value and type as a set, which is our ``text_set``
    (https://github.com/michael-wzhu/PromptCBLUE/blob/main/src/evaluation/evaluators.py). Its answers separate
    values by a comma, so that a value with one falls apart; ours does not.
    """
    return PeerScores(
        seqeval=seqeval,
        semeval=semeval.figures(),
        universalner=universalner.figures(),
        iepile=text.figures(),
        promptcblue=text_set.figures(),
    )
