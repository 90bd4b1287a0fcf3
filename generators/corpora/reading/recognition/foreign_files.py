"""Files that no layout reads, though it is known what they are: what to tell of them, and what to do."""

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from nerforge.generators.corpora.reading.pair_fields import answers_beside_references, holds_predictions
from nerforge.generators.corpora.reading.recognition.file_heads import FileHead
from nerforge.generators.corpora.reading.texts_of_files.utf8_lines import likely_encoding

_N_SAMPLE = 1 << 12
_MODELS_SAY = frozenset(
    (
        "predicted", "preds", "predicted_entities", "pred_entities", "pred_ner", "pred_labels",
        "generated_text", "custom_id", "choices", "resps", "filtered_resps",
    )
)  # fmt: skip


class ForeignFile(NamedTuple):
    """What a file is, and what to do with it."""

    what: str
    remedy: str

    def __str__(self) -> str:
        return f"is {self.what}; {self.remedy}"


def find_foreign(head: FileHead) -> ForeignFile | None:
    """Say what a file is that no layout reads, as far as that is known."""
    looks: tuple[Callable[[FileHead], ForeignFile | None], ...] = (
        _by_magic, _by_encoding, _by_line_ends, _by_markup, _of_brat, _of_ours,
    )  # fmt: skip
    return next((found for look in looks if (found := look(head)) is not None), None)


_MAGIC: tuple[tuple[bytes, str, str], ...] = (
    (b"PK\x03\x04", "a ZIP archive or an Excel workbook", "unpack it, or save the sheet as CSV UTF-8"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file", "save it as CSV UTF-8"),
    (b"\x1f\x8b", "a gzip archive", "unpack it: gunzip -k {path}"),
    (b"BZh", "a bzip2 archive", "unpack it: bunzip2 -k {path}"),
    (b"\xfd7zXZ", "an xz archive", "unpack it: unxz -k {path}"),
    (b"7z\xbc\xaf", "a 7-Zip archive", "unpack it"),
    (b"Rar!", "a RAR archive", "unpack it"),
    (b"%PDF", "a PDF", "export the annotations from the tool that made them, as JSON Lines"),
    (b"ARROW1", "an Arrow file", "give the folder that save_to_disk wrote, or save it as Parquet"),
    (b"\x93NUMPY", "a NumPy file", "write its rows as JSON Lines"),
    (b"SQLite format 3", "an SQLite database", "export the annotations from its tool, as JSON Lines"),
)
_PICKLE = re.compile(rb"\x80[\x02-\x05]")


def _by_magic(head: FileHead) -> ForeignFile | None:
    for magic, what, remedy in _MAGIC:
        if head.start.startswith(magic):
            return ForeignFile(what, remedy.format(path=_quoted(head)))
    if _PICKLE.match(head.start):
        remedy = "pickles are not opened, as they can run code; write its rows as JSON Lines"
        return ForeignFile("a Python pickle", remedy)
    return None


def _by_encoding(head: FileHead) -> ForeignFile | None:
    sample = head.start[:_N_SAMPLE]
    if head.is_folder:
        return None
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")) or _is_wide(sample):
        byte_order = "" if sample.startswith((b"\xff\xfe", b"\xfe\xff")) else _byte_order(sample)
        return _recoded(head, f"UTF-16{byte_order}")
    if b"\0" in sample:
        return ForeignFile("a binary file", "export the annotations as JSON Lines")
    # The last character of what was read may be half there.
    if _is_utf8(head.start):
        return None
    return _recoded(head, likely_encoding(head.path))


def _by_line_ends(head: FileHead) -> ForeignFile | None:
    if head.has_line_ends:
        return None
    command = f"tr '\\r' '\\n' < {_quoted(head)} > {shlex.quote('lines_' + head.path.name)}"
    return ForeignFile("a file whose lines end with carriage returns alone", f"convert it: {command}")


def _recoded(head: FileHead, name: str) -> ForeignFile:
    command = f"iconv -f {name} -t UTF-8 {_quoted(head)} > {shlex.quote('utf8_' + head.path.name)}"
    return ForeignFile(f"not in UTF-8, but in {name} as it seems", f"convert it: {command}")


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as err:
        return err.start >= len(data) - 4 and len(data) > 4 and err.reason != "invalid start byte"
    return True


def _is_wide(sample: bytes) -> bool:
    """Tell UTF-16 without a mark: every other byte of the signs of JSON and of line ends is 0."""
    return sample[1:2] == b"\0" != sample[:1] or (sample[:1] == b"\0" != sample[1:2])


def _byte_order(sample: bytes) -> str:
    return "LE" if sample[1:2] == b"\0" else "BE"


def _by_markup(head: FileHead) -> ForeignFile | None:
    start = head.start.lstrip()[:_N_SAMPLE]
    if start.startswith(b"<?xml"):
        return ForeignFile("XML", "export the annotations as JSON Lines or CoNLL")
    if re.match(rb"<!doctype html|<html", start, re.IGNORECASE):
        return ForeignFile("an HTML page", "download the file itself, not the page that shows it")
    if start.startswith(b"version https://git-lfs"):
        return ForeignFile("a pointer of Git LFS", "fetch the file itself: git lfs pull")
    return None


_BRAT = re.compile(r"T\d+\t\S+ \d+ \d+")


def _of_brat(head: FileHead) -> ForeignFile | None:
    if not (head.lines and _BRAT.match(head.lines[0])):
        return None
    return ForeignFile(
        "an annotation file of brat", "give the folder that holds a.txt beside a.ann for each document"
    )


def _of_ours(head: FileHead) -> ForeignFile | None:
    """Tell files of ours and of LLaMA-Factory that are given by mistake."""
    row = (head.records or ({},))[0]
    if "custom_id" in row and "body" in row:
        return ForeignFile(
            "requests of OpenAI's batches, without answers", "give the data that they ask about"
        )
    if _are_answers(row):
        remedy = f"score it against gold: nerforge score --gold GOLD.jsonl --pred {_quoted(head)}"
        return ForeignFile("a file of predictions", remedy)
    if {"answer_format", "splits"} <= row.keys():
        return ForeignFile("the manifest of a data set", f"give its gold: {_parent(head)}/gold")
    if row and all(isinstance(entry, Mapping) and _names_file(entry) for entry in row.values()):
        return ForeignFile("the dataset_info.json of LLaMA-Factory", f"give its folder: {_parent(head)}")
    if "criteria" in row and "n_gold" in row:
        return ForeignFile("a file of scores", "give the annotated file that they are of")
    return None


def _are_answers(row: Mapping[str, Any]) -> bool:
    """Tell whether a row is what a model said, as programs log it."""
    if holds_predictions(row) or answers_beside_references(row) or not _MODELS_SAY.isdisjoint(row):
        return True
    # OpenCompass has a key for each row: {"0": {"origin_prompt": ..., "prediction": ...}}.
    rows = [value for value in row.values() if isinstance(value, Mapping)]
    return row.keys() == {"id", "output"} or any(map(holds_predictions, rows))


def _names_file(entry: Mapping[str, Any]) -> bool:
    return any(name in entry for name in ("file_name", "hf_hub_url", "ms_hub_url", "script_url"))


def _parent(head: FileHead) -> str:
    return shlex.quote(str(head.path.parent))


def _quoted(head: FileHead) -> str:
    return shlex.quote(str(head.path))
