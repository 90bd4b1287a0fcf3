"""The figures of other scorers, under the keys that those scorers use."""

import msgspec
from msgspec import UNSET, UnsetType, field

from nerforge.evaluation.metrics.score_figures import MatchFigures


class SemEvalFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one criterion of SemEval-2013 task 9.1, as nervaluate names them."""

    correct: int
    incorrect: int
    partial: int
    missed: int
    spurious: int
    possible: int
    """Gold entities."""
    actual: int
    """Predicted entities."""
    precision: float
    recall: float
    f1: float


class SeqevalRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of seqeval's report."""

    precision: float
    recall: float
    f1: float = field(name="f1-score")
    support: int
    """Gold entities."""


class SeqevalReport(msgspec.Struct, frozen=True, kw_only=True):
    """seqeval's ``classification_report``, or the reason why there is none."""

    reason: str | UnsetType = UNSET
    """Where it is given, nothing else is."""
    per_label: dict[str, SeqevalRow] | UnsetType = UNSET
    micro: SeqevalRow | UnsetType = field(default=UNSET, name="micro avg")
    macro: SeqevalRow | UnsetType = field(default=UNSET, name="macro avg")
    weighted: SeqevalRow | UnsetType = field(default=UNSET, name="weighted avg")
    left_out: int | UnsetType = UNSET
    """Predicted entities that BIO tags cannot express."""


class PeerScores(msgspec.Struct, frozen=True, kw_only=True):
    """What other scorers report for the same predictions; ``peers`` says how each counts."""

    seqeval: SeqevalReport
    semeval: dict[str, SemEvalFigures]
    """By criterion: ``strict``, ``exact``, ``partial``, ``ent_type``."""
    universalner: MatchFigures
    iepile: MatchFigures
    promptcblue: MatchFigures
