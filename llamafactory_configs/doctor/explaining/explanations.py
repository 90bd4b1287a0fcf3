"""The explanation of each code: severity, message and remedy from the check, the rest from ``texts/``.

A file of ``texts/`` holds the codes of a hundred; ``keys.yaml`` those on keys of a training YAML, which have
names. Their examples are small files: a test writes each and runs the doctor on it.
"""

import re
import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from nerforge.foundation.errors import unknown_name
from nerforge.foundation.files.reading import read_yaml
from nerforge.foundation.files.writing import write_whole
from nerforge.llamafactory_configs.checking.findings import Severity

# Registers every kind of fault.
from nerforge.llamafactory_configs.doctor import diagnosis as _diagnosis  # noqa: F401
from nerforge.llamafactory_configs.doctor.faults import FAULTS, FaultKind

_TEXTS = Path(__file__).with_name("texts")
_KEYS = _TEXTS / "keys.yaml"
_ROWS = """[
{"instruction": "找出人名：", "input": "王芳来访。", "output": "王芳"},
{"instruction": "找出人名：", "input": "李娜走了。", "output": "李娜"}
]
"""
"""Rows of an example that says nothing of them."""
_INFO = "data/dataset_info.json"
_SETS = {"ner": "data/ner.json", "ner_dev": "data/ner_dev.json", "ner_test": "data/ner_test.json"}


class EncodedFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file whose encoding is the point."""

    text: str
    encoding: str


Files = dict[str, str | EncodedFile | None]
"""By path in the example's folder; None for a file that is not there."""
_NEXT_ROW = re.compile(r'\}, (?=\{"(?:instruction|conversations|messages)":)')


class Translation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of a code in one language."""

    message: str
    remedy: str
    why: str


class _Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An entry of a file of ``texts/``."""

    why: str
    zh: Translation
    call: str = "data"
    given: Files = {}
    wrong: Files | None = None
    right: Files | None = None
    allowed: tuple[str, ...] = ()
    untested: str = ""
    severity: Severity | None = None
    """These three of findings on keys of a YAML, whose checks word each case anew."""
    message: str = ""
    remedy: str = ""


class Explanation(NamedTuple):
    """All that is known of a code."""

    kind: FaultKind
    why: str
    zh: Translation
    call: tuple[str, ...]
    """The arguments of ``nerforge doctor``, in the example's folder."""
    given: Files
    """The files that both examples have, beside those that any data set has."""
    wrong: Files | None
    """The files that differ; None where no small file shows the fault."""
    right: Files | None
    """None for a note that is no fault."""
    allowed: tuple[str, ...]
    """Other findings that the right example has."""
    untested: str
    """Why there is no example that can be run; empty where there is one."""

    @property
    def code(self) -> str:
        """The code."""
        return self.kind.code


@cache
def _texts(path: Path) -> Mapping[str, _Text]:
    return msgspec.convert(read_yaml(path), dict[str, _Text])


def explained_codes() -> list[str]:
    """List the codes that can be explained: numbers, then names."""
    codes = (code for path in _TEXTS.glob("*.yaml") for code in _texts(path))
    return sorted(codes, key=lambda code: (code not in FAULTS, code))


def explain(code: str) -> Explanation:
    """Explain a code, in whichever case it is written.

    Raises:
        UsageError: there is no such code; the message names the nearest.
    """
    name = code.upper()
    if name in FAULTS:
        kind, text = FAULTS[name], _texts(_TEXTS / f"{name[:2]}.yaml")[name]
    else:
        kind, text = _finding_on_keys(code)
    return Explanation(
        kind,
        text.why,
        text.zh,
        tuple(shlex.split(text.call)),
        text.given,
        text.wrong,
        text.right,
        text.allowed,
        text.untested,
    )


def _finding_on_keys(code: str) -> tuple[FaultKind, _Text]:
    text = _texts(_KEYS).get(code.lower())
    if text is None or text.severity is None:
        raise unknown_name("code", code, explained_codes())
    return FaultKind(code.lower(), text.severity, text.message, text.remedy), text


def whole_example(explanation: Explanation, files: Files) -> dict[str, str | EncodedFile]:
    """Put an example together: its own files, those of both, and what any data set has.

    Args:
        explanation: The code's.
        files: Its wrong or its right files.
    """
    own = {**explanation.given, **files}
    is_set = any(word == "data" or word.endswith((".yaml", ".yml")) for word in explanation.call)
    known = {**({_SETS["ner"]: _ROWS} if is_set else {}), **own}
    present = {path: row_by_row(content) for path, content in known.items() if content is not None}
    if is_set and _INFO not in own:
        columns = {"prompt": "instruction", "query": "input", "response": "output"}
        entries = {
            name: {"file_name": Path(path).name, "columns": columns}
            for name, path in _SETS.items()
            if path in present
        }
        present[_INFO] = msgspec.json.format(msgspec.json.encode(entries), indent=2).decode() + "\n"
    return present


def row_by_row(content: str | EncodedFile) -> str | EncodedFile:
    """Break an array of rows into lines, as people read it."""
    if isinstance(content, EncodedFile):
        return EncodedFile(_NEXT_ROW.sub("},\n", content.text), content.encoding)
    return _NEXT_ROW.sub("},\n", content)


def write_example(explanation: Explanation, files: Files, folder: Path) -> list[Path]:
    """Write an example into a folder, and give its paths."""
    written = []
    for name, content in whole_example(explanation, files).items():
        text, encoding = (content, "utf-8") if isinstance(content, str) else (content.text, content.encoding)
        write_whole(folder / name, (text.encode(encoding),))
        written.append(folder / name)
    return written


def write_examples(explanation: Explanation, folder: Path) -> list[Path]:
    """Write the wrong and the right example, as far as there are, each into a folder of its name."""
    both = {"wrong": explanation.wrong, "right": explanation.right}
    return [
        path
        for name, files in both.items()
        if files is not None
        for path in write_example(explanation, files, folder / name)
    ]


def explained_in(explanation: Explanation, language: str) -> Translation:
    """Give message, remedy and reason in English or, for ``zh``, in Chinese."""
    if language == "zh":
        return explanation.zh
    return Translation(explanation.kind.message, explanation.kind.remedy, explanation.why)
