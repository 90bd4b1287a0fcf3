"""From a domain to a dataset directory, for ``nerforge generate power`` and ``generate domain``."""

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType

import msgspec
import numpy as np

from nerforge.foundation.collector import collector_off
from nerforge.foundation.errors import UsageError, unknown_name
from nerforge.foundation.files.writing import write_whole
from nerforge.generators.datasets.dataset import (
    ALPACA_NAMES,
    DatasetOptions,
    dataset_folder,
    write_heads,
)
from nerforge.generators.datasets.splits import check_shares
from nerforge.generators.datasets.task_files import surfaces_csv, write_task
from nerforge.generators.manifests.kinds import SlotManifest
from nerforge.generators.manifests.manifest import Description, InputDigest, build_manifest, prompt_head
from nerforge.generators.manifests.slot_counts import SlotSettings, SlotSource
from nerforge.generators.slots.domain.domain_spec import NoiseSpec
from nerforge.generators.slots.domain.slot_domain import POWER, YEARS, Domain, read_domain
from nerforge.generators.slots.drawing.holdout import KINDS, RANDOM, divide
from nerforge.generators.slots.drawing.noise import Noise
from nerforge.generators.slots.drawing.plan import Plan, make_plan
from nerforge.generators.slots.language.grammar import Grammar
from nerforge.generators.slots.language.grammar_cache import build_grammar
from nerforge.generators.slots.surfaces import collect_surfaces
from nerforge.generators.slots.writing.coverage import Coverage, measure_coverage
from nerforge.generators.slots.writing.job import BATCH, Files, Job
from nerforge.generators.slots.writing.rendering import Writer
from nerforge.generators.slots.writing.row_writer import OnProgress, WriteResult, write_rows
from nerforge.generators.slots.writing.tally import EntityCounter, summarise, summarise_none
from nerforge.templates.domain import Sample
from nerforge.templates.frames import PromptFrame
from nerforge.templates.tasks import with_surfaces
from nerforge.templates.tasks.files import SURFACES_FILE

OMIT = "omit"


@dataclass(frozen=True, slots=True)
class SlotOptions:
    """What to make of a domain."""

    n_rows: int
    """In all splits together."""
    domain: Path = POWER
    tables: Mapping[str, Path] = field(default_factory=dict)
    """The user's own tables, in place of the domain's."""
    templates: Path | None = None
    """A template file in place of the domain's."""
    only_templates: Sequence[str] = ()
    """Names of templates to keep; all, if empty."""
    only_dates: Sequence[str] = ()
    """Classes of dates to keep; all, if empty."""
    only: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Values to keep, by level."""
    ambiguous: str | None = None
    """How names with several readings are answered; None for what is certain, and then the user's own tables
    may not hold a name twice."""
    split: str = RANDOM
    negatives: float = 0.05
    """Share of the rows without any entity."""
    noise: Sequence[str] | None = None
    """Noise channels to keep; None for all."""
    min_count: int | None = None
    """How often every name, template and label has to occur in training."""
    reference_day: date | None = None
    n_workers: int | None = None
    """Processes; None for one a core."""


def generate_slots(
    slots: SlotOptions, options: DatasetOptions, on_progress: OnProgress | None = None
) -> SlotManifest:
    """Write a synthetic data set, and return its manifest.

    Raises:
        UserError: the options, a file of the domain or the output folder cannot be used, or there are not as
            many sentences.
    """
    _check(slots, options)
    with collector_off():
        domain = select(
            _read(slots),
            templates=slots.only_templates,
            dates=slots.only_dates,
            values=slots.only,
            noise=slots.noise,
        )
        domain = _without_negatives(domain) if not slots.negatives else domain
        grammar = build_grammar(domain, slots.ambiguous or OMIT)
        plan = _plan(domain, grammar, slots, options)
    said = collect_surfaces(grammar)
    task = with_surfaces(options.task(domain.task), said)
    answer_format = options.answer_format or task.default_format
    prompt = options.render(task, answer_format)
    with dataset_folder(options.out, overwrite=options.overwrite) as folder:
        writer = Writer(
            grammar,
            task.schema,
            answer_format,
            prompt.frame,
            task.name,
            shape=options.shape,
            is_jsonl=options.is_jsonl,
        )
        names = {name: f"{ALPACA_NAMES[name]}{options.suffix}" for name in plan.splits}
        files = {
            name: Files(folder / file, folder / "gold" / f"{name}.jsonl") for name, file in names.items()
        }
        outcome = write_rows(Job(domain, plan, writer, files), slots.n_workers or _n_cores(), on_progress)
        coverage = measure_coverage(plan, outcome.tallies["train"])
        if slots.min_count:
            coverage.check(slots.min_count, slots.n_rows)
        saying = EntityCounter(grammar, task.schema)
        splits = {
            name: summarise(outcome.tallies[name], plan.splits[name], grammar, saying)
            if name in plan.splits
            else summarise_none()
            for name in ALPACA_NAMES
        }
        about = Description(
            task,
            answer_format,
            options.seed,
            _settings(slots, options),
            _report(domain, plan, outcome, coverage),
            [InputDigest(**given) for given in domain.inputs],
        )
        manifest = build_manifest(about, options.shape.name, prompt_head(prompt), splits)
        write_task(folder, task, SURFACES_FILE if said else None)
        if said:
            write_whole(folder / SURFACES_FILE, surfaces_csv(said))
        write_heads(folder, names, manifest)
    return manifest


def sample_domain(
    domain: Domain, n_rows: int, seed: int, *, ambiguous: str = OMIT, negatives: float = 0.0
) -> Iterator[Sample]:
    """Draw samples without writing them, in random order, no text twice.

    Raises:
        UserError: the domain cannot make so many sentences.
    """
    with collector_off():
        grammar = build_grammar(domain if negatives else _without_negatives(domain), ambiguous)
        shares = {"dev": 0.0, "test": 0.0}
        division = divide(domain, grammar, RANDOM, shares, seed)
        plan = make_plan(grammar, division, n_rows, shares=shares, negatives=negatives, seed=seed)
    task = with_surfaces(domain.task, collect_surfaces(grammar))
    writer = Writer(grammar, task.schema, task.default_format, PromptFrame(), task.name)
    split = plan.splits["train"]
    noise = Noise(domain, grammar, split)
    for start in range(0, n_rows, BATCH):
        positions = np.arange(start, min(start + BATCH, n_rows))
        yield from writer.samples(split, noise.add(split.rows(positions), positions), positions)


def select(
    domain: Domain,
    *,
    templates: Sequence[str] = (),
    dates: Sequence[str] = (),
    values: Mapping[str, Sequence[str]] = MappingProxyType({}),
    noise: Sequence[str] | None = None,
) -> Domain:
    """Keep some templates, classes of dates, values of levels, and noise channels; all of those not given.

    Raises:
        UsageError: one of them is not there.
    """
    _require_known("template", templates, [template.name for template in domain.templates])
    if templates:
        domain = replace(domain, templates=tuple(t for t in domain.templates if t.name in templates))
    _require_known("class of dates", dates, domain.dates)
    if dates:
        domain = replace(domain, date_names=tuple(name for name in domain.dates if name in dates))
    for level, wanted in values.items():
        found = domain.level(level)
        if found is None:
            raise UsageError(f"{level!r} is no level of a table of {domain.folder}")
        if wanted:
            table = found[0].only(level, wanted)
            domain = replace(domain, tables={**domain.tables, table.name: table})
    return domain if noise is None else _only_noise(domain, noise)


def _require_known(kind: str, names: Sequence[str], known: Collection[str]) -> None:
    for name in names:
        if name not in known:
            raise unknown_name(kind, name, known)


def _without_negatives(domain: Domain) -> Domain:
    """Leave out the templates without entities, unless there are no others."""
    templates = tuple(template for template in domain.templates if not template.is_negative)
    return replace(domain, templates=templates or domain.templates)


def _only_noise(domain: Domain, channels: Sequence[str]) -> Domain:
    known = NoiseSpec.channels()
    for name in channels:
        if name not in known:
            raise unknown_name("noise", name, known)
    off = dict.fromkeys(name for name in known if name not in channels)
    noise = msgspec.structs.replace(domain.spec.noise, **off)
    return replace(
        domain,
        spec=msgspec.structs.replace(domain.spec, noise=noise),
        added={name: words for name, words in domain.added.items() if name in channels},
    )


def _check(slots: SlotOptions, options: DatasetOptions) -> None:
    if slots.n_rows < 1:
        raise UsageError(f"--rows {slots.n_rows}: must be at least 1")
    check_shares(options.dev, options.test, needs_train=True)
    if not 0 <= slots.negatives < 1:
        raise UsageError(f"--negatives {slots.negatives}: must be at least 0 and below 1")
    if slots.reference_day and slots.reference_day.year not in YEARS:
        raise UsageError(
            f"--reference-day {slots.reference_day}: must lie in the years {YEARS.start} to {YEARS.stop - 1}"
        )
    if slots.split not in KINDS:
        raise unknown_name("split", slots.split, KINDS)


def _read(slots: SlotOptions) -> Domain:
    return read_domain(
        slots.domain,
        tables=slots.tables,
        templates=slots.templates,
        shared_names=slots.ambiguous is not None,
        reference_day=slots.reference_day,
    )


def _plan(domain: Domain, grammar: Grammar, slots: SlotOptions, options: DatasetOptions) -> Plan:
    if slots.n_rows > grammar.n_sentences:
        raise UsageError(
            f"--rows {slots.n_rows}: templates and tables make {grammar.n_sentences} different sentences; "
            f"ask for 1 to {grammar.n_sentences}"
        )
    shares = {"dev": options.dev, "test": options.test}
    return make_plan(
        grammar,
        divide(domain, grammar, slots.split, shares, options.seed),
        slots.n_rows,
        shares=shares,
        negatives=slots.negatives,
        seed=options.seed,
        min_count=slots.min_count or 1,
    )


def _settings(slots: SlotOptions, options: DatasetOptions) -> SlotSettings:
    return SlotSettings(
        rows=slots.n_rows,
        domain=slots.domain.name,
        only={level: list(values) for level, values in slots.only.items() if values},
        templates=list(slots.only_templates),
        date_classes=list(slots.only_dates),
        ambiguous=slots.ambiguous or OMIT,
        split=slots.split,
        negatives=slots.negatives,
        noise=None if slots.noise is None else list(slots.noise),
        min_count=slots.min_count,
        dev=options.dev,
        test=options.test,
    )


def _report(domain: Domain, plan: Plan, outcome: WriteResult, coverage: Coverage) -> SlotSource:
    grammar = plan.grammar
    return SlotSource(
        sentences_possible=grammar.n_sentences,
        reference_day=domain.spec.reference_day.isoformat(),
        tables={name: len(table.rows) for name, table in domain.tables.items()},
        ambiguous_names={name: dict(counts) for name, counts in grammar.ambiguous_names.items()},
        ambiguous_mentions=dict(grammar.ambiguous),
        mentions_left_out=dict(grammar.dropped),
        dates_left_out=list(grammar.dates_left_out),
        coverage=coverage.counts(),
        split=plan.division.summary(),
        leaks=outcome.leaks,
    )


def _n_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
