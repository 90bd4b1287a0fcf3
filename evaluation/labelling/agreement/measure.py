"""Measure how far annotators agree on entities: F1 of pairs, which depends on no order.

F1 is the same whichever of two annotators counts as gold, and needs no count of spans that nobody marked
(Hripcsak and Rothschild 2005, https://doi.org/10.1197/jamia.M1733). Entities are compared as sets of label,
span and value, so that nested and crossing ones each count for themselves.
"""

import warnings
from collections.abc import Iterable

import numpy as np

from nerforge.evaluation.labelling.agreement.agreement_schema import (
    Agreement,
    AgreementFigure,
    LabelAgreement,
    PairAgreement,
)
from nerforge.evaluation.labelling.agreement.chance_corrected import CharacterCounts
from nerforge.evaluation.labelling.agreement.differences import find_confusions, find_differences
from nerforge.evaluation.labelling.agreement.span_counts import (
    BOUNDARIES,
    N_FIGURES,
    STRICT,
    SpanCounts,
    count_spans,
)
from nerforge.evaluation.labelling.annotations.grouping import AnnotatedSentence, annotators_of
from nerforge.evaluation.metrics.bootstrap import Floats, interval
from nerforge.foundation.errors import UserError

N_DIFFERENCES = 20


def measure_agreement(
    sentences: Iterable[AnnotatedSentence],
    *,
    resamples: int = 1000,
    seed: int = 0,
    n_differences: int = N_DIFFERENCES,
) -> Agreement:
    """Measure the agreement on the sentences that several annotators labelled.

    Args:
        sentences: In any order.
        resamples: Of sentences, for the intervals; 0 for none.
        seed: Of the resampling.
        n_differences: Sentences that are given, of those on which annotators differ most.

    Raises:
        UserError: no sentence has several annotators.
    """
    known = list(sentences)
    shared = sorted((x for x in known if len(x.by_annotator) > 1), key=lambda x: (x.id, x.text))
    if not shared:
        names = ", ".join(annotators_of(known)) or "nobody"
        raise UserError(
            f"none of the {len(known)} sentences was labelled by several annotators (found: {names}); "
            "export tasks that are labelled twice, or name the files of all annotators"
        )
    said = [one for sentence in shared for one in sentence.by_annotator.values()]
    labels = sorted({entity.label for one in said for entity in one.entities})
    counts = count_spans(shared, sorted(annotators_of(shared)), labels)
    characters = CharacterCounts(shared)
    totals = counts.totals()
    found = _f1(totals)
    drawn = _f1(counts.resampled(resamples, seed))
    pairs = [
        _pair(counts, number, totals, found, drawn, characters.kappa(pair))
        for number, pair in enumerate(counts.pairs)
        if counts.n_sentences[number]
    ]
    kappas = [pair.kappa for pair in pairs if pair.kappa is not None]
    return Agreement(
        annotators=sorted(annotators_of(known)),
        n_sentences=len(known),
        n_by_several=len(shared),
        n_identical=sum(
            len({frozenset(one.entities) for one in x.by_annotator.values()}) == 1 for x in shared
        ),
        strict=_mean(found, drawn, STRICT),
        boundaries=_mean(found, drawn, BOUNDARIES),
        alpha=characters.alpha(),
        kappa=sum(kappas) / len(kappas) if kappas else None,
        pairs=pairs,
        labels=[
            LabelAgreement(
                label=label,
                n_entities=sum(entity.label == label for one in said for entity in one.entities),
                strict=_mean(found, drawn, N_FIGURES + at),
                alpha=characters.alpha(label),
            )
            for at, label in enumerate(labels)
        ],
        confusions=find_confusions(shared),
        differences=find_differences(shared, n_differences),
        resamples=resamples,
        seed=seed,
    )


def _f1(counts: Floats) -> Floats:
    """Give 2 shared / (first's + second's), and NaN where neither of two annotators named anything."""
    named = np.asarray(counts[..., 1] + counts[..., 2], dtype=np.float64)
    f1: Floats = np.divide(2 * counts[..., 0], named, out=np.full(named.shape, np.nan), where=named > 0)
    return f1


def _pair(
    counts: SpanCounts, number: int, totals: Floats, found: Floats, drawn: Floats, kappa: float | None
) -> PairAgreement:
    n_shared, first, second = (int(n) for n in totals[number, STRICT])
    return PairAgreement(
        annotators=counts.pairs[number],
        n_sentences=counts.n_sentences[number],
        n_entities=(first, second),
        n_shared=n_shared,
        strict=_figure(float(found[number, STRICT]), drawn[:, number, STRICT]),
        boundaries=_figure(float(found[number, BOUNDARIES]), drawn[:, number, BOUNDARIES]),
        kappa=kappa,
    )


def _mean(found: Floats, drawn: Floats, figure: int) -> AgreementFigure:
    """Give the mean of the pairs that named anything; in a resample, of those that did there."""
    with warnings.catch_warnings():
        # A mean of no pair is NaN, which stands for "nobody named anything".
        warnings.simplefilter("ignore", RuntimeWarning)
        mean = float(np.nanmean(found[:, figure]))
        means = np.nanmean(drawn[:, :, figure], axis=1)
    return _figure(mean, means)


def _figure(value: float, drawn: Floats) -> AgreementFigure:
    if np.isnan(value):
        return AgreementFigure(None, None, None)
    return AgreementFigure(value, *interval(drawn[~np.isnan(drawn)]))
