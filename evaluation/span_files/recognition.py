"""Tell whether a file of predictions holds spans, and how they are laid out."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from nerforge.evaluation.prediction_files import LAYOUTS as ANSWER_LAYOUTS
from nerforge.evaluation.prediction_files import PredictionOptions
from nerforge.evaluation.prediction_files.layout_registry import recognise as recognise_answer
from nerforge.evaluation.span_files.layouts import gold_rows, label_studio_predictions, plain_rows
from nerforge.evaluation.span_files.layouts.corpus_rows import corpus_layouts
from nerforge.evaluation.span_files.layouts.json_rows import first_rows, is_json
from nerforge.evaluation.span_files.span_layout import SpanLayout
from nerforge.foundation.errors import UserError, unknown_name
from nerforge.generators.corpora.layouts import LAYOUTS as CORPORA
from nerforge.generators.corpora.layouts import claimants
from nerforge.generators.corpora.layouts.conll import prediction_column
from nerforge.generators.corpora.reading.json_records import is_array, read_values
from nerforge.generators.corpora.reading.recognition.file_heads import FileHead, read_head
from nerforge.generators.corpora.reading.spans.forms.entity_forms import is_entities

_WITHOUT_JSON = ("datasets_folder", "webanno_tsv", "conll", "spacy_docbin", "brat")
"""Our layouts of corpora that are recognised by their head, as they are no JSON."""
_PUBLISHED = {"start_idx", "end_idx", "entity_text", "entity_label"}
_OFFSETS = {"label", "start_offset", "end_offset"}
_ANSWERS = (
    "output", "response", "answer", "predict", "prediction", "result", "completion", "generated_text",
    "messages", "choices", "conversations",
)  # fmt: skip
_BOOKKEEPING = {"annotation_id", "annotator", "lead_time"}


def span_layouts() -> dict[str, SpanLayout]:
    """Give the layouts by name; no name is one of a layout of answers.

    Raises:
        UserError: a layout of another package cannot be used.
    """
    corpora = corpus_layouts().values()
    own = (gold_rows.LAYOUT, *corpora, label_studio_predictions.LAYOUT, plain_rows.LAYOUT)
    return {layout.name: layout for layout in own}


class SpanLayoutChoice(NamedTuple):
    """How a file of spans is laid out."""

    layout: SpanLayout | None
    """None where the file holds answers, or nothing that is known here."""
    note: str | None = None
    """What the user should know of the choice."""


def recognise_spans(path: Path, options: PredictionOptions | None = None) -> SpanLayoutChoice:
    """Find the layout of a file of spans by name, or by what it holds; named fields are those of answers.

    Raises:
        UsageError: there is no layout of this name, neither of spans nor of answers.
    """
    options = options or PredictionOptions()
    name = options.layout
    # --query-field and --answer-field name fields of answers: whoever gives them has no spans.
    if options.fields:
        return SpanLayoutChoice(None)
    if name is not None:
        known = span_layouts()
        if name not in known and name not in ANSWER_LAYOUTS:
            raise unknown_name("layout of predictions", name, {*ANSWER_LAYOUTS, *known})
        return SpanLayoutChoice(known.get(name))
    rows = first_rows(path) if path.is_file() and is_json(path) else []
    if path.is_file() and is_json(path) and (claimed := _of_tool(path, rows)) is not None:
        return SpanLayoutChoice(claimed)
    if rows:
        found = _of_json(path, rows)
        is_known = found.layout or found.note or any(map(_is_answer, rows))
        return found if is_known else _of_corpora(path, CORPORA.plug_ins())
    return _of_corpora(path, [*_WITHOUT_JSON, *CORPORA.plug_ins()])


def _of_tool(path: Path, rows: list[Any]) -> SpanLayout | None:
    """Give the layout of a corpus that alone claims a file by its own keys, which is not told below by row.

    What is called a prediction goes before gold.
    """
    if any(map(plain_rows.states_prediction, rows)):
        return None
    names = [name for name in claimants(read_head(path)) if not CORPORA[name].precedence]
    is_told = len(names) == 1 and names[0] not in (*_CORPUS_ROWS, "label_studio", *CORPORA.plug_ins())
    return corpus_layouts().get(names[0]) if is_told else None


def _is_answer(row: Any) -> bool:
    return isinstance(row, dict) and recognise_answer(row) is not None


def _of_corpora(path: Path, names: Iterable[str]) -> SpanLayoutChoice:
    """Take the one of some layouts of corpora that recognises a file; ours go before other packages'."""
    known = corpus_layouts()
    try:
        head = read_head(path)
    except UserError:
        return SpanLayoutChoice(None)
    name = next((name for name in names if name in known and CORPORA[name].recognises(head)), None)
    if name is None:
        return SpanLayoutChoice(None)
    return SpanLayoutChoice(known[name], _note_of_columns(head) if name == "conll" else None)


def _note_of_columns(head: FileHead) -> str | None:
    """Say which tags are read where lines have those of gold and of a model, as conlleval takes them."""
    column = prediction_column(head)
    if column is None:
        return None
    return f"lines have several columns of tags: the last one, column {column}, is read as the prediction"


def _of_json(path: Path, rows: list[Any]) -> SpanLayoutChoice:
    if any(map(_is_task, rows)):
        return _of_label_studio(path)
    if any(map(_is_minimal_task, rows)):
        return SpanLayoutChoice(corpus_layouts()["label_studio"])
    telling = next(filter(plain_rows.is_plain_row, filter(None, rows)), None) or next(
        filter(None, rows), None
    )
    if telling is None or not plain_rows.is_plain_row(telling):
        # A reader of spans says better what is wrong with rows that mean to hold them.
        means_spans = (
            plain_rows.resembles_plain_row(telling) and recognise_answer(dict(telling or {})) is None
        )
        return SpanLayoutChoice(plain_rows.LAYOUT if means_spans else None)
    answer = recognise_answer(telling) if isinstance(telling, dict) else None
    if answer is not None and isinstance(telling, dict) and plain_rows.entities_key(telling) is None:
        return SpanLayoutChoice(None)
    if answer is not None and _says_answer(telling):
        return SpanLayoutChoice(
            None,
            f"rows hold answers (layout {answer.name}) and entities ({plain_rows.entities_key(telling)}): "
            f"the answers are read; --pred-layout {plain_rows.LAYOUT.name} reads the entities",
        )
    return SpanLayoutChoice(span_layouts()[_name(rows, path)])


def _says_answer(row: Mapping[str, Any]) -> bool:
    """Tell whether a row that has the fields of an answer has words in them, and not only entities."""
    said = [row[field] for field in _ANSWERS if field in row]
    return any(isinstance(value, (str, dict)) or not is_entities(value) for value in said)


def _is_task(row: Any) -> bool:
    """Tell the task of a JSON export of Label Studio."""
    lists = ("annotations", "completions", "predictions")
    return (
        isinstance(row, dict)
        and isinstance(row.get("data"), dict)
        and any(isinstance(row.get(key), list) for key in lists)
    )


def _is_minimal_task(row: Any) -> bool:
    """Tell the task of a JSON-MIN export, by what Label Studio keeps of the annotation."""
    return (
        isinstance(row, dict) and bool(_BOOKKEEPING & row.keys()) and plain_rows.entities_key(row) is not None
    )


def _of_label_studio(path: Path) -> SpanLayoutChoice:
    layout = label_studio_predictions.LAYOUT
    tasks = [row for _, _, row in read_values(path) if isinstance(row, dict)]
    if not any(isinstance(found, dict) for task in tasks for found in _listed(task, "predictions")):
        return SpanLayoutChoice(corpus_layouts()["label_studio"])
    if not any(_listed(task, key) for task in tasks for key in ("annotations", "completions")):
        return SpanLayoutChoice(layout)
    return SpanLayoutChoice(
        layout,
        "the export holds predictions and annotations: the predictions are scored; "
        "--pred-layout label_studio scores the annotations",
    )


def _listed(row: Mapping[str, Any], key: str) -> list[Any]:
    value = row.get(key)
    return value if isinstance(value, list) else []


def _name(rows: list[Any], path: Path) -> str:
    """Name the layout of plain JSON rows; rows with ids of their own keep them in ``span_rows`` and gold."""
    if all(map(gold_rows.is_gold_row, rows)):
        return "gold"
    if is_array(path) or not all(
        isinstance(row, dict) and not isinstance(row.get("id"), str) for row in rows
    ):
        return plain_rows.LAYOUT.name
    if any(plain_rows.entities_key(row) not in ("label", "labels", "entities") for row in rows):
        return plain_rows.LAYOUT.name
    return next((name for name, fits in _CORPUS_ROWS.items() if all(map(fits, rows))), plain_rows.LAYOUT.name)


def _is_span_jsonl(row: Mapping[str, Any]) -> bool:
    return _has_text(row, "text") and _are_objects(row.get("entities"), _PUBLISHED)


def _is_doccano(row: Mapping[str, Any]) -> bool:
    stated = [row[key] for key in ("label", "labels", "entities") if isinstance(row.get(key), list)]
    if len(stated) != 1 or not (_has_text(row, "text") or _has_text(row, "data")):
        return False
    return all(map(_is_triple, stated[0])) or _are_objects(stated[0], _OFFSETS)


def _is_cluener(row: Mapping[str, Any]) -> bool:
    label = row.get("label")
    return (
        _has_text(row, "text")
        and isinstance(label, dict)
        and all(isinstance(x, dict) for x in label.values())
    )


_CORPUS_ROWS = {"span_jsonl": _is_span_jsonl, "doccano": _is_doccano, "cluener": _is_cluener}


def _has_text(row: Mapping[str, Any], key: str) -> bool:
    return isinstance(row.get(key), str)


def _are_objects(value: Any, keys: set[str]) -> bool:
    return isinstance(value, list) and all(isinstance(x, dict) and x.keys() >= keys for x in value)


def _is_triple(value: Any) -> bool:
    return isinstance(value, list) and list(map(type, value)) == [int, int, str]
