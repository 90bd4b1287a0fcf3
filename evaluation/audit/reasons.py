"""Say in words what speaks for a finding."""

from collections.abc import Iterator
from math import exp

from nerforge.evaluation.audit.evidence import FEATURES, WeighedEvidence
from nerforge.templates.domain import Sample

_WORTH_TELLING = 2.0
"""From how many times as probable on the CRF's opinion is told."""
_FITS_BETTER = 2.0
"""Natural logarithm from which on the characters at the edges are told of."""
_MANY = 1_000


def reason_of(sample: Sample, weighed: WeighedEvidence) -> str:
    """Name the evidence that speaks for a finding, strongest kinds first."""
    return "; ".join(_reasons(sample, weighed)) or "weak evidence only"


def _reasons(sample: Sample, weighed: WeighedEvidence) -> Iterator[str]:
    candidate = weighed.candidate
    if candidate.is_read_so:
        yield f"the CRF of the other folds reads it so{_times(candidate.odds)}"
    elif candidate.odds > 0 and exp(min(candidate.odds, 50)) >= _WORTH_TELLING:
        yield f"the CRF of the other folds finds it{_times(candidate.odds).replace(',', '', 1)}"
    if weighed.predicted:
        yield f"predicted so by {', '.join(weighed.predicted)}"
    if weighed.surfaces.n_for > weighed.surfaces.n_against:
        yield _surfaces(sample, weighed)
    n_for, n_against = weighed.twins
    if n_for > n_against:
        yield f"{n_for} near duplicates have it so, {n_against} as gold"
    for_edges = sum(x.n_for for x in weighed.edges)
    against_edges = sum(x.n_against for x in weighed.edges)
    if for_edges > against_edges:
        yield f"edges as proposed {for_edges} times elsewhere, as in gold {against_edges}"
    fit = weighed.values[FEATURES.index("edge_chars")]
    if fit >= _FITS_BETTER:
        yield f"the characters at the edges fit the proposal {_number_of_times(exp(fit))} times better"


def _times(odds: float) -> str:
    ratio = exp(min(odds, 50))
    return "" if ratio < _WORTH_TELLING else f", {_number_of_times(ratio)} times as probable"


def _number_of_times(ratio: float) -> str:
    return f"over {_MANY:,}" if ratio > _MANY else f"{ratio:.0f}"


def _surfaces(sample: Sample, weighed: WeighedEvidence) -> str:
    gold, proposed = weighed.candidate.gold, weighed.candidate.proposed
    n_for, n_against = weighed.surfaces
    one = proposed or gold
    assert one is not None
    surface = sample.text[one.start : one.end]
    if gold is None:
        return f"elsewhere {surface} is {one.label} {n_for} times and not labelled {n_against} times"
    if proposed is None:
        return f"elsewhere {surface} is not labelled {n_for} times and {gold.label} {n_against} times"
    if gold.span == proposed.span:
        return f"elsewhere {surface} is {proposed.label} {n_for} times and {gold.label} {n_against} times"
    stated = sample.text[gold.start : gold.end]
    return f"elsewhere {gold.label} is {surface} {n_for} times and {stated} {n_against} times"
