"""What an audit finds: a place of gold, what may be wrong there, and how it could be mended."""

from collections.abc import Iterable, Iterator

import msgspec

from nerforge.templates.domain import Entity

MISSING, EXTRA, LABEL, LEFT, RIGHT, SHIFTED = "missing", "extra", "label", "left", "right", "shifted"
KINDS = (MISSING, EXTRA, LABEL, LEFT, RIGHT, SHIFTED)
"""Of faults: an entity lacks, is none, has another label, begins or ends elsewhere, or both."""


class Finding(msgspec.Struct, frozen=True):
    """A likely error of gold."""

    id: str
    """Of the sample."""
    rank: int
    """From 1, the likeliest."""
    score: float
    """How likely it is an error, from 0 to 1, if one mention in thirty has one."""
    kind: str
    """One of ``KINDS``."""
    reason: str
    """What speaks for it, in words."""
    gold: Entity | None
    """What gold has there; None for a missing entity."""
    proposed: Entity | None
    """What it may have to be; None for an extra one."""


def kind_of(gold: Entity | None, proposed: Entity | None) -> str:
    """Tell which kind of fault it is that turned ``proposed`` into ``gold``."""
    if gold is None or proposed is None:
        return MISSING if gold is None else EXTRA
    if gold.label != proposed.label:
        return LABEL
    if gold.start == proposed.start:
        return RIGHT
    return LEFT if gold.end == proposed.end else SHIFTED


def encode_findings(findings: Iterable[Finding]) -> Iterator[bytes]:
    """Write findings as JSON lines."""
    encoder = msgspec.json.Encoder()
    for finding in findings:
        yield encoder.encode(finding) + b"\n"
