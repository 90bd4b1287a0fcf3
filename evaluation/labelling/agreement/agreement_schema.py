"""What is said of the agreement of annotators: structs that need no numpy."""

import msgspec


class AgreementFigure(msgspec.Struct, frozen=True):
    """A figure with its 95 % interval by sentence."""

    value: float | None
    """None where nobody named anything."""
    low: float | None
    high: float | None


class PairAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """Two annotators, on the sentences that both labelled."""

    annotators: tuple[str, str]
    """In the order of the alphabet."""
    n_sentences: int
    n_entities: tuple[int, int]
    """What each of them named there."""
    n_shared: int
    """Entities that both named, with label, span and value."""
    strict: AgreementFigure
    """F1 of entities: label, span and value."""
    boundaries: AgreementFigure
    """F1 of spans, whatever their labels."""
    kappa: float | None
    """Cohen's, by character; None where chance explains all."""


class LabelAgreement(msgspec.Struct, frozen=True, kw_only=True):
    """A label."""

    label: str
    n_entities: int
    """Entities that anybody named, counted once for each annotator."""
    strict: AgreementFigure
    """The mean F1 of the pairs."""
    alpha: float | None
    """Krippendorff's, by character: within an entity of the label or not."""


class LabelConfusion(msgspec.Struct, frozen=True):
    """Two labels that two annotators gave the same span."""

    labels: tuple[str, str]
    n: int


class SaidBy(msgspec.Struct, frozen=True):
    """An entity, and who named it."""

    label: str
    text: str
    start: int | None
    end: int | None
    annotators: list[str]


class Difference(msgspec.Struct, frozen=True):
    """A sentence on which annotators differ."""

    id: str
    text: str
    annotators: list[str]
    n: int
    """Entities that one of two annotators names and the other does not, over all pairs."""
    entities: list[SaidBy]
    """Those that not all of them name."""


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """How far annotators agree."""

    annotators: list[str]
    n_sentences: int
    """That anybody labelled."""
    n_by_several: int
    """That several labelled: all figures are of these."""
    n_identical: int
    """Sentences of those on which all say the same."""
    strict: AgreementFigure
    """The mean of the pairs' F1 of entities, each pair counting the same."""
    boundaries: AgreementFigure
    """The same of spans, whatever their labels."""
    alpha: float | None
    """Krippendorff's, nominal, by character, where the value is the set of labels that hold there."""
    kappa: float | None
    """The mean of the pairs' Cohen's kappa."""
    pairs: list[PairAgreement]
    labels: list[LabelAgreement]
    confusions: list[LabelConfusion]
    """The most frequent first."""
    differences: list[Difference]
    """The sentences with most of them first."""
    resamples: int
    seed: int
    notes: list[str] = []
    """What was dropped or mended when files were read."""
