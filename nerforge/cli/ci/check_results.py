"""Checks that passed or failed: the findings of the doctor, and the limits of a gate."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from nerforge.cli.printing.doctor_output import examined_words
from nerforge.evaluation.scores.gate import LimitCheck, Verdict
from nerforge.llamafactory_configs.doctor.diagnosis import Diagnosis

_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+)\b")


class CheckResult(NamedTuple):
    """One check, as CI counts it."""

    name: str
    passed: bool
    kind: str = ""
    """Of a finding its code and severity; of a limit its option."""
    message: str = ""
    remedy: str = ""
    file: str = ""
    line: int | None = None
    """Counted from 1, where the check is about a line."""


class CheckSuite(NamedTuple):
    """All checks of a command."""

    name: str
    results: Sequence[CheckResult]

    @property
    def n_failed(self) -> int:
        """Count those that failed."""
        return sum(not result.passed for result in self.results)


def doctor_suite(diagnosis: Diagnosis, *, strict: bool) -> CheckSuite:
    """Give the findings as checks: errors fail, warnings where they count, notes never."""
    failing = ("error", "warning") if strict else ("error",)
    results = [CheckResult(examined_words(diagnosis), passed=True)]
    for finding in diagnosis.findings:
        place = _PLACE.match(finding.place)
        results.append(
            CheckResult(
                f"{finding.code} {finding.place}".strip(),
                finding.severity not in failing,
                f"{finding.severity} {finding.code}",
                finding.message,
                finding.remedy,
                place["file"] if place else finding.place.partition(": ")[0],
                int(place["line"]) if place else None,
            )
        )
    return CheckSuite("nerforge doctor", results)


def gate_suite(command: str, verdict: Verdict | None, figures: str) -> CheckSuite:
    """Give the limits as checks.

    Args:
        command: Whose gate it is, such as ``nerforge score``.
        verdict: What the gate says; None where no limit was given, which always passes.
        figures: What was measured, in words.
    """
    checks = verdict.checks if verdict is not None else []
    return CheckSuite(command, [_limit(check) for check in checks] or [CheckResult(figures, passed=True)])


def _limit(check: LimitCheck) -> CheckResult:
    limit = "no number" if check.limit is None else f"{check.limit:g}"
    of = f" against {check.baseline:.4f}" if check.baseline is not None else ""
    said = check.message or f"{check.value:.4f}{of}, {check.option} is {limit}"
    return CheckResult(f"{check.option} {limit}", check.passed, check.option, said, file=check.path)
