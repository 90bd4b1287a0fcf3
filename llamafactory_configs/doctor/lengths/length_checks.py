"""Check the tokens of rows: what is truncated at cutoff_len, what is longer than a model may answer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.hubs.local_copies import find_tokenizer
from nerforge.foundation.json_values import JsonObject
from nerforge.foundation.optional import require_extra
from nerforge.foundation.phases import AT_ONCE, phase
from nerforge.llamafactory_configs.doctor.faults import FaultKind, FaultReport, fault
from nerforge.llamafactory_configs.doctor.lengths.length_tables import LengthTable, percentile, summarise
from nerforge.llamafactory_configs.doctor.lengths.padding import layouts
from nerforge.llamafactory_configs.doctor.lengths.template_checks import check_template
from nerforge.llamafactory_configs.doctor.lengths.token_counts import (
    Encoder,
    RowTokens,
    encode_rows,
    load_encoder,
)
from nerforge.llamafactory_configs.doctor.lengths.truncation import keep, needed
from nerforge.llamafactory_configs.doctor.reading.data_sets import DataSet, DatasetDirectory

_RAISE = "raise cutoff_len, or generate with --max-tokens"
MANY_ANSWERS_TRUNCATED = fault(
    "D701", "error", "answers are truncated at cutoff_len, in one row of a hundred or more", _RAISE
)
ANSWERS_TRUNCATED = fault("D702", "warning", "answers are truncated at cutoff_len", _RAISE)
MANY_PROMPTS_TRUNCATED = fault(
    "D703", "error", "prompts are truncated at cutoff_len, in one row of a hundred or more", _RAISE
)
PROMPTS_TRUNCATED = fault("D704", "warning", "prompts are truncated at cutoff_len", _RAISE)
TOO_LONG_TO_SAY = fault(
    "D705", "warning", "answers are longer than max_new_tokens, so a model cannot give them", "raise it"
)
UNKNOWN_TOKENS = fault(
    "D706", "warning", "characters are unknown to the tokenizer", "choose a model that knows them"
)
NOT_COUNTED = fault("D710", "note", "tokens were not counted", "")
REFUSED = fault(
    "D711", "error", "LLaMA-Factory cannot load tokenizer or template", "correct the YAML or the folder"
)
BEYOND_MODEL = fault(
    "D712", "warning", "cutoff_len is more than the model's context", "lower it, or choose another model"
)

_MANY = 0.01


def check_lengths(
    folder: DatasetDirectory,
    config: Mapping[str, Any],
    place: Path,
    max_new_tokens: int | None,
    report: FaultReport,
) -> list[LengthTable]:
    """Count the tokens of the data sets that a training takes, and check them.

    Args:
        folder: The dataset directory.
        config: The keys of the training YAML; without a data set in it, all of the folder's are counted.
        place: What findings call the YAML.
        max_new_tokens: The room for an answer; None for the YAML's.
        report: Where findings go.
    """
    encoder = _load(config, place, report)
    if encoder is None:
        return []
    check_template(encoder, config, str(place), report)
    _check_context(config, encoder, place, report)
    room = max_new_tokens or config.get("max_new_tokens")
    asked = (*folder.wanted.train, *folder.wanted.evaluation)
    tables = []
    for found in folder.sets.values():
        if asked and found.name not in asked:
            continue
        if found.columns.keys() & {"images", "videos", "audios"}:
            report.add(NOT_COUNTED, found.path, "rows have pictures, videos or sounds")
            continue
        with phase(f"counting the tokens of {len(found.used()):,} rows of {found.path.name}"):
            encoded = encode_rows(found, found.used(), encoder)
        if encoded:
            tables.append(_check_set(found, encoded, encoder, config, report))
            _check_room(found, encoded, room, report)
            _check_unknown(found, encoded, report)
    return tables


def _load(config: Mapping[str, Any], place: Path, report: FaultReport) -> Encoder | None:
    model = str(config["model_name_or_path"])
    try:
        require_extra("llamafactory", "train")
    except UserError as err:
        report.add(NOT_COUNTED, place, str(err))
        return None
    if config.get("stage", "sft") != "sft":
        report.add(NOT_COUNTED, place, f"stage {config['stage']}: only sft is known")
        return None
    cutoff_len = config.get("cutoff_len", 1)
    if not isinstance(cutoff_len, int) or cutoff_len < 1:
        report.add(NOT_COUNTED, place, f"cutoff_len is {cutoff_len!r}, no whole number above 0")
        return None
    if (path := find_tokenizer(model)) is None:
        report.add(
            NOT_COUNTED, place, f"the tokenizer of {model} is not on this machine; give --model FOLDER"
        )
        return None
    try:
        with phase("importing LLaMA-Factory and loading the tokenizer: about ten seconds", AT_ONCE):
            return load_encoder(path, config)
    except (ValueError, TypeError, OSError, KeyError, ImportError, RuntimeError) as err:
        cause = err.__cause__ or err
        said = " ".join(str(cause).split()) or type(cause).__name__
        # A tokenizer that needs code of the model's folder cannot be loaded here, and may be in the training.
        report.add(NOT_COUNTED if config.get("trust_remote_code") else REFUSED, place, said)
        return None


def _check_context(config: Mapping[str, Any], encoder: Encoder, place: Path, report: FaultReport) -> None:
    path = Path(encoder.tokenizer.name_or_path) / "config.json"
    if not path.is_file():
        return
    try:
        most = read_json(path, JsonObject).get("max_position_embeddings")
    except UserError:
        return
    cutoff_len = encoder.rule.cutoff_len
    if isinstance(most, int) and cutoff_len > most and not config.get("rope_scaling"):
        report.add(BEYOND_MODEL, f"{place}: cutoff_len", f"{cutoff_len:,}, the model has {most:,}")


def _check_set(
    found: DataSet,
    encoded: Sequence[RowTokens],
    encoder: Encoder,
    config: Mapping[str, Any],
    report: FaultReport,
) -> LengthTable:
    rule = encoder.rule
    # With packing, a row may have one token less than the YAML says.
    surplus = int(bool(encoder.data_args.packing))
    cutoff_len = rule.cutoff_len + surplus
    whole = [needed(row.turns, rule) for row in encoded]
    kept_lengths, prompts, answers = [], [], []
    for row in encoded:
        kept = keep(row.turns, rule)
        kept_lengths.append(needed(kept, rule))
        pairs = list(zip(row.turns, kept, strict=True))
        if lost := sum(turn.prompt - left.prompt for turn, left in pairs):
            prompts.append((row.row.line, lost))
        if lost := sum(turn.answer - left.answer for turn, left in pairs):
            answers.append((row.row.line, lost))
    ordered = sorted(whole)
    table = LengthTable(
        found.name,
        str(found.path),
        str(config.get("template") or "of the tokenizer"),
        cutoff_len,
        len(encoded),
        sum(kept_lengths),
        len(prompts),
        len(answers),
        ordered[-1] + surplus,
        percentile(ordered, 99) + surplus,
        (
            summarise("prompt", [sum(turn.prompt for turn in row.turns) for row in encoded]),
            summarise("answer", [sum(turn.answer for turn in row.turns) for row in encoded]),
            summarise("row", whole),
        ),
        tuple(layouts(kept_lengths, config, cutoff_len)) if found.is_wanted_for_training else (),
        tuple(sorted(Counter(whole).items())),
    )
    _report_truncated(found, prompts, (MANY_PROMPTS_TRUNCATED, PROMPTS_TRUNCATED), table, report)
    _report_truncated(found, answers, (MANY_ANSWERS_TRUNCATED, ANSWERS_TRUNCATED), table, report)
    return table


def _report_truncated(
    found: DataSet,
    truncated: Sequence[tuple[int, int]],
    kinds: tuple[FaultKind, FaultKind],
    table: LengthTable,
    report: FaultReport,
) -> None:
    if not truncated:
        return
    many, few = kinds
    share, most = len(truncated) / table.n_rows, max(lost for _, lost in truncated)
    detail = (
        f"{share:.1%} of {table.n_rows:,} at {table.cutoff_len}, up to {most:,} "
        f"tokens of a row; {table.cutoff_for_all:,} truncates none, "
        f"{table.cutoff_for_most:,} at most 1 %"
    )
    for line, _ in truncated:
        report.add(many if share >= _MANY else few, found.path, detail, line)


def _check_room(found: DataSet, encoded: Sequence[RowTokens], room: Any, report: FaultReport) -> None:
    if not isinstance(room, int) or isinstance(room, bool):
        return
    longest = max(row.turns[-1].answer for row in encoded)
    for row in encoded:
        if row.turns[-1].answer > room:
            report.add(
                TOO_LONG_TO_SAY,
                found.path,
                f"{longest:,} tokens at most, the limit is {room:,}",
                row.row.line,
            )


def _check_unknown(found: DataSet, encoded: Sequence[RowTokens], report: FaultReport) -> None:
    for row in encoded:
        if row.n_unknown:
            report.add(UNKNOWN_TOKENS, found.path, f"{row.n_unknown} in the first row", row.row.line)
