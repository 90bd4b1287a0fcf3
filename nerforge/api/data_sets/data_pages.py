"""Collect what the page about a data set shows: sentences, tokens, recipes, and what the doctor says."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.evaluation.reports.data_sets.data_report import (
    CUTOFFS,
    Cutoff,
    DataProblem,
    DataReport,
    DataReportOptions,
    TokenCounting,
    build_data_report,
)
from nerforge.evaluation.reports.report_data import decode_findings
from nerforge.foundation.errors import UserError, unknown_name
from nerforge.foundation.files.reading import read_json, read_yaml
from nerforge.foundation.hubs.local_copies import find_tokenizer
from nerforge.foundation.json_values import JsonObject
from nerforge.foundation.llamafactory.config_types import Settings
from nerforge.foundation.phases import phase
from nerforge.foundation.run_folder.contents import MODEL_CONFIG
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.data_facts.data_facts import find_facts
from nerforge.generators.data_facts.opened_data import OpenedData, open_data
from nerforge.generators.rows.chat_frames import CHAT_FRAMES, ChatFrame
from nerforge.generators.rows.row_tokens import CountTokens, load_counter
from nerforge.llamafactory_configs.doctor.diagnosis import DoctorOptions, diagnose
from nerforge.llamafactory_configs.doctor.faults import FAULTS
from nerforge.llamafactory_configs.layering.merging import merge_recipe
from nerforge.llamafactory_configs.layering.recipe_files import Choices, load_recipe, recipe_names
from nerforge.llamafactory_configs.rendering.template_choice import find_template
from nerforge.llamafactory_configs.rendering.training_yaml import TINY_BASE, TINY_NAME

_DEFAULT_FRAME = next(iter(CHAT_FRAMES.values()))


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPageOptions:
    """What is to be shown."""

    source: str
    """A dataset directory, a gold file, or an annotated file or folder."""
    task: str | None = None
    reading: ReadingOptions = field(default_factory=ReadingOptions)
    model: str | None = None
    """Whose tokenizer counts tokens, a folder or a name; None to estimate."""
    template: str | None = None
    """The chat template of the training; None for that of recipe or model."""
    recipe: str | None = None
    """A recipe or a training YAML, for its ``cutoff_len`` and template; None for those of the task."""
    cutoff_len: int | None = None
    audit: Path | None = None
    """Findings of an audit of this gold."""
    no_text: bool = False
    title: str | None = None


class MadeDataPage(NamedTuple):
    """A page's data, and what is to be said of it."""

    report: DataReport
    notes: list[str]


class _Tokens(NamedTuple):
    count_tokens: CountTokens | None
    frame: ChatFrame
    counting: TokenCounting


def make_data_page(options: DataPageOptions) -> MadeDataPage:
    """Read a data set, and find out what its page shows.

    Raises:
        UsageError: a recipe, template, layout or task is not known.
        UserError: the data or a tokenizer cannot be read.
    """
    with phase(f"reading {options.source}"):
        data = open_data(options.source, options.task, options.reading)
    recipe = None if options.recipe is None else _read_recipe(options.recipe)
    notes: list[str] = []
    tokens = _choose_tokens(options, data, recipe or {}, notes)
    facts = find_facts(data, frame=tokens.frame, count_tokens=tokens.count_tokens)
    report = build_data_report(
        data,
        facts,
        DataReportOptions(
            title=options.title or Path(options.source).resolve().name,
            tokens=tokens.counting,
            frame=tokens.frame,
            cutoffs=_cutoffs(options, data, recipe) if data.has_rows else [],
            problems=list(_problems(data, no_text=options.no_text)),
            findings={} if options.audit is None else decode_findings(options.audit),
            no_text=options.no_text,
        ),
    )
    return MadeDataPage(report, [*data.notes, *notes])


def _read_recipe(name: str) -> Settings:
    """Give the keys of a recipe with its layers, or of a training YAML."""
    if name.endswith((".yaml", ".yml")) and not isinstance(read_yaml(Path(name)).get("train"), dict):
        return read_yaml(Path(name))
    recipe, _ = load_recipe(name)
    return merge_recipe(recipe, Choices(), {}).train


def _choose_tokens(options: DataPageOptions, data: OpenedData, recipe: Settings, notes: list[str]) -> _Tokens:
    folder = None if options.model is None else _find_tokenizer(options.model)
    name = _template(options, recipe, folder)
    if name is not None and name not in CHAT_FRAMES:
        notes.append(
            f"template {name}: is not among those that the page can write ({', '.join(CHAT_FRAMES)}); "
            "tokens are estimated"
        )
    frame = CHAT_FRAMES.get(name or "", _DEFAULT_FRAME)
    is_known = name is None or name in CHAT_FRAMES
    count = None if folder is None or not is_known else load_counter(folder)
    counting = TokenCounting(
        of_rows=data.has_rows,
        tokenizer=None if count is None or folder is None else folder.resolve().name,
        template=frame.name if count is not None and data.has_rows else None,
    )
    return _Tokens(count, frame, counting)


def _find_tokenizer(model: str) -> Path:
    if model == TINY_NAME:
        return TINY_BASE
    folder = find_tokenizer(model)
    if folder is None:
        raise UserError(f"--model {model}: its tokenizer is not on this machine; give a folder that holds it")
    return folder


def _template(options: DataPageOptions, recipe: Settings, folder: Path | None) -> str | None:
    """Choose the template that was asked for, else the recipe's, else the model's; None for none."""
    if options.template is not None:
        if options.template not in CHAT_FRAMES:
            raise unknown_name("template", options.template, CHAT_FRAMES)
        return options.template
    if isinstance(recipe.get("template"), str):
        return str(recipe["template"])
    if folder is None or options.model is None or not (folder / MODEL_CONFIG).is_file():
        return None
    path = folder / MODEL_CONFIG
    try:
        return find_template(path, options.model, read_json(path, JsonObject), None, None).name
    except UserError:
        # A model of an unknown kind: the page's first template stands in, and says which one it is.
        return None


def _cutoffs(options: DataPageOptions, data: OpenedData, recipe: Settings | None) -> list[Cutoff]:
    """List the usual lengths, and those of the recipe, or of all shipped recipes of the task."""
    used_by: dict[int, list[str]] = defaultdict(list)
    for tokens in CUTOFFS:
        used_by[tokens] = []
    for name, settings in _recipes_of(options, data, recipe):
        if isinstance(cutoff_len := settings.get("cutoff_len"), int):
            used_by[cutoff_len].append(name)
    if options.cutoff_len is not None:
        used_by[options.cutoff_len].append("--cutoff-len")
    return [Cutoff(tokens, names) for tokens, names in used_by.items()]


def _recipes_of(
    options: DataPageOptions, data: OpenedData, recipe: Settings | None
) -> Iterator[tuple[str, Settings]]:
    if recipe is not None:
        yield str(options.recipe), recipe
        return
    if data.head is None:
        return
    for name in recipe_names():
        found, _ = load_recipe(name)
        if found.task == data.head.task:
            yield name, merge_recipe(found, Choices(), {}).train


def _problems(data: OpenedData, *, no_text: bool) -> Iterator[DataProblem]:
    """Ask the doctor about a dataset directory; without texts only what kinds of faults there are."""
    if data.folder is None:
        return
    with phase(f"examining {data.folder}"):
        findings = diagnose([data.folder], DoctorOptions(lengths=False)).findings
    for found in findings:
        place: Any = Path(found.place).name if no_text else found.place
        message = FAULTS[found.code].message if no_text and found.code in FAULTS else found.message
        yield DataProblem(found.code, found.severity, str(place), message, found.remedy)
