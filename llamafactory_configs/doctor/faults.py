"""Kinds of faults by code, and a report in which many rows with one fault become one finding."""

from collections.abc import Iterator
from typing import NamedTuple

from nerforge.llamafactory_configs.checking.findings import Finding, Severity

_N_PLACES = 3
"""Places that a finding names."""
_MAX_DETAIL = 160
"""Characters of what a finding says of its first place."""


class FaultKind(NamedTuple):
    """A kind of fault."""

    code: str
    severity: Severity
    message: str
    remedy: str


FAULTS: dict[str, FaultKind] = {}
"""All kinds of faults by code; a file of checks adds its own."""


def fault(code: str, severity: Severity, message: str, remedy: str) -> FaultKind:
    """Register a kind of fault.

    Raises:
        ValueError: the code is taken.
    """
    if code in FAULTS:
        raise ValueError(f"code {code} is taken")
    FAULTS[code] = FaultKind(code, severity, message, remedy)
    return FAULTS[code]


class _Found:
    """Where a fault was found in one file."""

    def __init__(self, detail: str, remedy: str) -> None:
        self.detail = detail
        self.remedy = remedy
        self.n = 0
        self.lines: list[int] = []


class FaultReport:
    """Gathers what is found; the same fault in many rows of a file becomes one finding."""

    def __init__(self) -> None:
        """Begin with nothing found."""
        self._found: dict[tuple[FaultKind, str, str], _Found] = {}
        self._others: dict[tuple[str, str, str], Finding] = {}

    def add(
        self, kind: FaultKind, place: object, detail: str = "", line: int | None = None, remedy: str = ""
    ) -> None:
        """Note a fault.

        Args:
            kind: What is wrong.
            place: The file or key; with the kind, what rows are gathered by.
            detail: What it is about; that of the first row is kept.
            line: The row's line in the file.
            remedy: What to do, where more is known than for the kind; that of the first row is kept.
        """
        # A thousand rows with one fault are one finding: "ner.json:3, 8, 9, ...: the answer is empty (1,000
        # rows)". Faults without a line, as of two keys of an entry, stay apart by their detail.
        key = (kind, str(place), detail if line is None else "")
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = _Found(_shorten(detail), remedy or kind.remedy)
        found.n += 1
        if line is not None and len(found.lines) < _N_PLACES:
            found.lines.append(line)

    def take(self, finding: Finding) -> None:
        """Take a finding of another check as it is, once."""
        self._others.setdefault((finding.code, finding.place, finding.message), finding)

    def has(self, kind: FaultKind, place: object) -> bool:
        """Tell whether a fault was found in a file."""
        return any(key[:2] == (kind, str(place)) for key in self._found)

    def findings(self) -> list[Finding]:
        """Give what was found: errors, then warnings, then notes, each by code."""
        rank = {"error": 0, "warning": 1, "note": 2}
        return sorted(
            (*self._own(), *self._others.values()), key=lambda x: (rank.get(x.severity, 3), x.code, x.place)
        )

    def _own(self) -> Iterator[Finding]:
        for (kind, place, _), found in self._found.items():
            count = f" ({found.n:,} rows)" if found.n > 1 else ""
            detail = f": {found.detail}" if found.detail else ""
            lines = f":{', '.join(map(str, found.lines))}" if found.lines else ""
            more = ", ..." if found.lines and found.n > len(found.lines) else ""
            message = f"{kind.message}{count}{detail}"
            yield Finding(kind.code, kind.severity, f"{place}{lines}{more}", message, found.remedy)


def _shorten(text: str) -> str:
    return text if len(text) <= _MAX_DETAIL else f"{text[: _MAX_DETAIL - 3]}..."
