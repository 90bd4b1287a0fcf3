"""What a check found: one fault, doubt or remark about a file, with what to do about it."""

from typing import Literal, NamedTuple

Severity = Literal["error", "warning", "note"]


class Finding(NamedTuple):
    """One thing that a person should know before a training starts."""

    code: str
    """A short stable name of the kind, such as ``unknown-key``."""
    severity: Severity
    """An error would fail or teach nothing, a warning may, a note only tells."""
    place: str
    """The file, and the key or line in it."""
    message: str
    """What was found, and what was expected."""
    remedy: str
    """What to do about it; empty where there is nothing to do."""

    def __str__(self) -> str:
        """Write the finding as one line."""
        where = f"{self.place}: " if self.place else ""
        return f"{self.severity}: {where}{self.message}{'; ' if self.remedy else ''}{self.remedy}"


def has_errors(findings: list[Finding]) -> bool:
    """Tell whether any finding is an error."""
    return any(finding.severity == "error" for finding in findings)
