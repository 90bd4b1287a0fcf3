"""Examine everything at once: the one function behind ``nerforge doctor``."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nerforge.foundation.llamafactory.config_types import Settings
from nerforge.foundation.phases import phase
from nerforge.generators.manifests.manifest import ManifestHead
from nerforge.llamafactory_configs.checking.findings import Finding
from nerforge.llamafactory_configs.doctor.checks.gold_checks import check_gold, check_gold_alone
from nerforge.llamafactory_configs.doctor.checks.info_checks import read_folder
from nerforge.llamafactory_configs.doctor.checks.label_checks import check_labels
from nerforge.llamafactory_configs.doctor.checks.manifest_checks import check_manifest
from nerforge.llamafactory_configs.doctor.checks.repeat_checks import check_repeats, mark_sentences
from nerforge.llamafactory_configs.doctor.checks.row_checks import check_rows
from nerforge.llamafactory_configs.doctor.checks.set_checks import check_leaks, check_set
from nerforge.llamafactory_configs.doctor.examined_paths import ExaminedData, find_targets
from nerforge.llamafactory_configs.doctor.faults import FaultReport
from nerforge.llamafactory_configs.doctor.lengths.length_checks import check_lengths
from nerforge.llamafactory_configs.doctor.lengths.length_tables import LengthTable
from nerforge.llamafactory_configs.doctor.lengths.training_estimate import TrainingEstimate, estimate
from nerforge.llamafactory_configs.doctor.reading.data_sets import DatasetDirectory, TrainingSets
from nerforge.llamafactory_configs.doctor.repairs import Repair, repair_folder

_MAX_ROUNDS = 3
"""A file that can be read only after a repair may show what the next one mends."""
_SAID_BY_US = ("no-data", "unknown-data-set", "first-rows")
"""Findings on the YAML alone that the look at the data says better."""


@dataclass(frozen=True, slots=True)
class DoctorOptions:
    """What an examination is to do besides."""

    fix: bool = False
    """Write what is safe to mend."""
    settings: Settings = field(default_factory=dict)
    """Keys of a training YAML that win over each YAML's, and stand for one where there is none."""
    max_new_tokens: int | None = None
    """How long an answer may get where the model is used; None for the YAML's, or else not looked at."""
    lengths: bool = True
    """Count tokens where a model is named."""
    datasets: tuple[str, ...] = ()
    """The training sets of directories that no YAML names; none for what their names tell."""
    about: ManifestHead | None = None
    """Task and answer format of directories without a manifest."""
    gold_task: str | None = None
    """Name or file of the task of gold that is examined alone; None for what the folder above tells."""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What was found."""

    findings: list[Finding]
    """Errors, then warnings, then notes."""
    n_rows: int
    """Examined, each data set counted once."""
    n_gold: int
    """Samples of gold files that were examined alone."""
    tables: list[LengthTable]
    """Of each data set whose tokens were counted."""
    estimates: list[TrainingEstimate]
    """Of each training whose model is known."""
    repairs: list[Repair]

    def count(self, severity: str) -> int:
        """Count the findings of a severity."""
        return sum(finding.severity == severity for finding in self.findings)


def diagnose(paths: Sequence[Path], options: DoctorOptions | None = None) -> Diagnosis:
    """Examine dataset directories, runs, training YAML and gold files.

    Args:
        paths: Any number of them, in any order.
        options: What to do besides.

    Raises:
        UserError: a path is not there.
        UsageError: a path is of no known kind, or there are none.
    """
    options = options or DoctorOptions()
    repairs = list(_mend(paths)) if options.fix else []
    report = FaultReport()
    targets = find_targets(paths, report)
    reports, n_rows = [report], {}
    tables: list[LengthTable] = []
    estimates = []
    folders = [target._replace(wanted=TrainingSets(options.datasets)) for target in targets.folders]
    for target in (*targets.trainings, *folders):
        reports.append(FaultReport())
        folder = _examine(target, options, reports[-1])
        if folder is not None:
            n_rows.update({found.path: len(found.rows) + found.n_dropped for found in folder.sets.values()})
            counted = _count_tokens(target, folder, options, reports[-1])
            tables += counted
            estimates += _estimates(target, folder, options, counted)
    n_gold = 0
    for path in targets.gold:
        with phase(f"examining {path}"):
            n_gold += check_gold_alone(path, report, options.gold_task)
    return Diagnosis(_together(reports), sum(n_rows.values()), n_gold, tables, estimates, repairs)


def _mend(paths: Sequence[Path]) -> Iterator[Repair]:
    # A GBK file cannot be read for its columns; once it is UTF-8, a column that is not listed may show.
    for _ in range(_MAX_ROUNDS):
        targets = find_targets(paths, FaultReport())
        written = [
            repair
            for target in (*targets.trainings, *targets.folders)
            if target.folder is not None
            for repair in repair_folder(read_folder(target.folder, target.wanted, FaultReport()))
        ]
        yield from written
        if not written:
            return


def _examine(target: ExaminedData, options: DoctorOptions, report: FaultReport) -> DatasetDirectory | None:
    if target.yaml is not None:
        with phase(f"checking {target.yaml}"):
            _check_yaml(target, options, report)
    if target.folder is None:
        return None
    with phase(f"reading the data sets of {target.folder}"):
        folder = read_folder(target.folder, target.wanted, report)
        parts = folder.parts()
        for part in parts:
            mark_sentences(part)
    with phase(f"examining the rows of {target.folder}"):
        for found in folder.sets.values():
            check_rows(found, report)
            check_set(found, report)
        # Which sets are trained on together only a YAML tells.
        for together in [folder] if target.wanted.train else parts:
            check_leaks(together, report)
        for part in parts:
            check_repeats(part, report)
            check_labels(part, report)
    with phase(f"examining the gold of {target.folder}"):
        for part in parts:
            check_gold(part, report, options.about)
            check_manifest(part, report)
    return folder


def _check_yaml(target: ExaminedData, options: DoctorOptions, report: FaultReport) -> None:
    from nerforge.llamafactory_configs.checking.config_check import check_config

    config = {**target.config, **options.settings}
    for finding in check_config(config, place=str(target.yaml)):
        if finding.code not in _SAID_BY_US:
            report.take(finding)


def _count_tokens(
    target: ExaminedData, folder: DatasetDirectory, options: DoctorOptions, report: FaultReport
) -> list[LengthTable]:
    config = {**target.config, **options.settings}
    if not options.lengths or not config.get("model_name_or_path"):
        return []
    place = target.yaml or folder.path
    return check_lengths(folder, config, place, options.max_new_tokens, report)


def _estimates(
    target: ExaminedData, folder: DatasetDirectory, options: DoctorOptions, tables: Sequence[LengthTable]
) -> list[TrainingEstimate]:
    if target.yaml is None:
        return []
    names = {found.name for found in folder.training}
    trained = [table for table in tables if table.data_set in names]
    found = estimate({**target.config, **options.settings}, target.yaml, trained)
    return [found] if found else []


def _together(reports: Sequence[FaultReport]) -> list[Finding]:
    """Put reports together; what two trainings share is said once."""
    whole = FaultReport()
    for report in reports:
        for finding in report.findings():
            whole.take(finding)
    return whole.findings()
