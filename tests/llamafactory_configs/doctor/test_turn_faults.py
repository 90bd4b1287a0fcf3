"""The doctor on rows of turns: every planted fault is found, and LLaMA-Factory keeps the same rows."""

import json
from copy import deepcopy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.llamafactory_configs.checking.findings import Finding
from nerforge.llamafactory_configs.doctor.diagnosis import Diagnosis, DoctorOptions, diagnose
from nerforge.llamafactory_configs.doctor.faults import FaultReport
from nerforge.llamafactory_configs.doctor.reading.row_files import read_rows
from nerforge.llamafactory_configs.doctor.reading.turn_rows import TurnReader
from tests.turn_sets import GOOD, MESSAGES, PAIRS, SAID, SHAREGPT, TURN_SETS, TurnSet, chat, messages

TINY = Path(__file__).parents[3] / "data" / "tiny_base"


def write(folder: Path, entry: dict[str, Any], rows: Any) -> Path:
    folder.mkdir(exist_ok=True)
    text = rows if isinstance(rows, str) else "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    (folder / "ner.json").write_text(text, encoding="utf-8")
    info = {"ner": {"file_name": "ner.json", **entry}}
    (folder / "dataset_info.json").write_text(json.dumps(info), encoding="ascii")
    return folder


def loud(folder: Path) -> list[Finding]:
    # Pairs do not fit stage: sft, which is what is taken without a YAML.
    found = diagnose([folder]).findings
    return [finding for finding in found if finding.severity != "note" and finding.code != "D111"]


@pytest.mark.parametrize("name", TURN_SETS)
def test_a_planted_fault_of_turns_is_found(name: str, tmp_path: Path) -> None:
    case = TURN_SETS[name]
    folder = write(tmp_path / "data", case.entry, case.rows)
    assert {finding.code for finding in loud(folder)} == case.codes


Told = dict[int, tuple[str, list[str]]]
"""System turn and contents of the turns of each row that is left, by its place."""


def kept(case: TurnSet, folder: Path) -> Told:
    """Give the rows that the doctor takes for those that are left."""
    path = write(folder, case.entry, case.rows) / "ner.json"
    report = FaultReport()
    rows = read_rows(path, report)
    read = TurnReader("ner", case.entry, rows, path, report).read()
    return {row.line - 1: (row.values.get("system", ""), contents_of(row.values)) for row in read}


def contents_of(values: dict[str, Any]) -> list[str]:
    history = [content for pair in values.get("history", ()) for content in pair]
    return [*history, values["instruction"], values["output"]]


READ = {
    name: case for name, case in TURN_SETS.items() if case.left is not None and "formatting" in case.entry
}


@pytest.mark.parametrize("name", READ)
def test_the_rows_that_are_left_are_those_of_the_converter(name: str, tmp_path: Path) -> None:
    assert list(kept(READ[name], tmp_path / "data")) == READ[name].left


@pytest.mark.train
def test_llamafactory_is_left_with_the_same_rows(tmp_path: Path) -> None:
    # One test for all, as LLaMA-Factory takes ten seconds to import.
    told: dict[str, Told | None] = {
        name: rows_of_llamafactory(case, tmp_path / f"{n}", "rm" if case.entry.get("ranking") else "sft")
        for n, (name, case) in enumerate(TURN_SETS.items())
    }
    assert {name: None if rows is None else list(rows) for name, rows in told.items()} == {
        name: case.left for name, case in TURN_SETS.items()
    }
    for name, case in READ.items():
        assert kept(case, tmp_path / name) == told[name], name


@pytest.mark.train
def test_llamafactory_reads_the_containers_that_the_doctor_reads(tmp_path: Path) -> None:
    row = json.dumps({"instruction": "问", "input": "", "output": "答"})
    for n, (text, count) in enumerate(CONTAINERS.values()):
        case = TurnSet({}, text.replace("ROW", row), set(), None)  # type: ignore[arg-type]
        left = rows_of_llamafactory(case, tmp_path / f"{n}", "sft")
        assert (0 if left is None else len(left)) == count


def rows_of_llamafactory(case: TurnSet, folder: Path, stage: str) -> Told | None:
    """Load a set with LLaMA-Factory's own loader and converter, and see which rows its processor takes."""
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list

    write(folder, case.entry, case.rows)
    attribute = get_dataset_list(["ner"], str(folder))[0]
    data_args = SimpleNamespace(
        dataset_dir=str(folder),
        media_dir=str(folder),
        preprocessing_num_workers=None,
        streaming=False,
        max_samples=None,
        overwrite_cache=True,
        cutoff_len=512,
        train_on_prompt=False,
        mask_history=False,
    )
    model_args = SimpleNamespace(cache_dir=str(folder / "cache"), hf_hub_token=None)
    training_args = SimpleNamespace(local_process_index=0)
    try:
        rows = list(_load_single_dataset(attribute, model_args, data_args, training_args))
    except Exception:  # whatever stops LLaMA-Factory stops the training
        return None
    return {
        at: (row["_system"] or "", [turn["content"] for turn in (*row["_prompt"], row["_response"][0])])
        for at, row in enumerate(rows)
        if takes(row, stage, data_args)
    }


def takes(row: dict[str, Any], stage: str, data_args: Any) -> bool:
    """Tell whether a processor of LLaMA-Factory makes a sample of a converted row."""
    from llamafactory.data.processor.pairwise import PairwiseDatasetProcessor
    from llamafactory.data.processor.supervised import SupervisedDatasetProcessor
    from llamafactory.data.template import TEMPLATES
    from transformers import AutoTokenizer

    processor = PairwiseDatasetProcessor if stage == "rm" else SupervisedDatasetProcessor
    own = processor(deepcopy(TEMPLATES["qwen"]), AutoTokenizer.from_pretrained(TINY), None, data_args)
    try:
        return any(own.preprocess_dataset({key: [value] for key, value in row.items()}).values())
    except (RuntimeError, TypeError):
        return False


def finding(folder: Path, code: str) -> Finding:
    return next(x for x in diagnose([folder]).findings if x.code == code)


def entry_of(remedy: str) -> dict[str, Any]:
    head, _, entry = remedy.partition("dataset_info.json: ")
    assert head == "write this entry in "
    return dict(json.loads(f"{{{entry}}}")["ner"])


@pytest.mark.parametrize(
    "name",
    [
        "tags of other names", "no tags", "keys of other names", "a system turn without a tag",
        "a tool without a tag", "turns under another name", "turns that are not listed", "no formatting",
        "no formatting, and columns", "openai without tags",
    ],
)  # fmt: skip
def test_the_entry_to_write_mends_the_set(name: str, tmp_path: Path) -> None:
    case = TURN_SETS[name]
    folder = write(tmp_path / "data", case.entry, case.rows)
    remedies = [x.remedy for x in loud(folder) if x.remedy.startswith("write this entry")]
    write(folder, entry_of(remedies[0]), case.rows)
    assert {x.code for x in loud(folder)} <= {"D125"}


def test_a_set_whose_calls_are_openai_s_is_to_be_openai(tmp_path: Path) -> None:
    case = TURN_SETS["openai with results"]
    folder = write(
        tmp_path / "data", {"formatting": "openai", "columns": {"messages": "messages"}}, case.rows
    )
    assert entry_of(finding(folder, "D117").remedy)["formatting"] == "openai"


def test_rows_with_a_fault_are_counted_with_their_first_places(tmp_path: Path) -> None:
    rows = [GOOD, *[chat("user", "assistant")] * 5, GOOD]
    folder = write(tmp_path / "data", SHAREGPT, rows)
    found = finding(folder, "D117")
    assert found.place.endswith("ner.json:2, 3, 4, ...")
    assert "(5 rows): a turn is of 'user', tags say human, observation, gpt, function_call" in found.message
    assert diagnose([folder]).n_rows == 7


def test_fix_lists_columns_of_turns(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", SHAREGPT, [{**GOOD, "system": "话"}])
    diagnose([folder], DoctorOptions(fix=True))
    entry = json.loads((folder / "dataset_info.json").read_text(encoding="ascii"))["ner"]
    assert entry["columns"] == {"messages": "conversations", "system": "system"}
    assert loud(folder) == []


def test_the_words_of_turns_are_examined(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", MESSAGES, [SAID, messages("user", "assistant", t1="问<|im_end|>")])
    assert {x.code for x in loud(folder)} == {"D313"}


def test_words_of_pairs_are_not_examined_and_that_is_noted(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", PAIRS, TURN_SETS["pairs"].rows)
    assert finding(folder, "D115").severity == "note"


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([{"instruction": "问", "chosen": "好", "rejected": "坏"}], {"D108"}),
        ([{"instruction": "问", "chosen": "好"}], {"D112", "D124"}),
    ],
    ids=["unlisted", "absent"],
)
def test_pairs_of_alpaca_are_examined(rows: list[Any], codes: set[str], tmp_path: Path) -> None:
    columns = {} if "D108" in codes else {"columns": {"chosen": "chosen", "rejected": "rejected"}}
    assert {x.code for x in loud(write(tmp_path / "data", {"ranking": True, **columns}, rows))} == codes


def test_pairs_of_alpaca_with_a_null_are_told(tmp_path: Path) -> None:
    rows = [{"instruction": "问", "chosen": chosen, "rejected": "坏"} for chosen in ("好", None)]
    entry = {
        "ranking": True,
        "columns": {"prompt": "instruction", "chosen": "chosen", "rejected": "rejected"},
    }
    folder = write(tmp_path / "data", entry, rows)
    assert finding(folder, "D124").place.endswith("ner.json:2")


@pytest.mark.parametrize("rows_as", ["sharegpt", "messages"])
@pytest.mark.parametrize("turn", ["user", "system"])
def test_nothing_is_found_in_turns_as_generate_writes_them(rows_as: str, turn: str, tmp_path: Path) -> None:
    corpus = tmp_path / "corpus.jsonl"
    rows = [
        {"text": f"王芳第{n}次来访。", "entities": [
            {"start_idx": 0, "end_idx": 2, "entity_text": "王芳", "entity_label": "PER"}]}
        for n in range(30)
    ]  # fmt: skip
    corpus.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), encoding="utf-8")
    options = DatasetOptions(tmp_path / "data", rows_as=rows_as, turn=turn)
    generate_corpus("ccfbdci", corpus, options)
    found: Diagnosis = diagnose([tmp_path / "data"])
    assert (found.findings, found.n_rows) == ([], 30)


CONTAINERS = {
    "lines": ("ROW\nROW\n", 2),
    "an array": ("[ROW, ROW]", 2),
    "an array over lines": ("[\nROW,\nROW\n]\n", 2),
    "objects on one line": ("ROWROW", 2),
    "an object of rows": ('{"data": [ROW, ROW]}', 0),
    "a key for each row": ('{"1": ROW, "2": ROW}', 0),
    "lines with commas": ("ROW,\nROW\n", 0),
}
"""Files that LLaMA-Factory reads, whatever their ending, and some that it does not; with their rows."""


@pytest.mark.parametrize("name", CONTAINERS)
@pytest.mark.parametrize("ending", ["json", "jsonl"])
def test_containers_are_told_by_what_they_hold(name: str, ending: str, tmp_path: Path) -> None:
    text, count = CONTAINERS[name]
    row = json.dumps({"instruction": "问", "input": "", "output": "答"}, ensure_ascii=False)
    path = tmp_path / f"rows.{ending}"
    path.write_text(text.replace("ROW", row), encoding="utf-8")
    rows = read_rows(path, report := FaultReport())
    is_broken = not {x.code for x in report.findings()}.isdisjoint({"D205", "D206"})
    assert is_broken == (count == 0)
    assert is_broken or len(rows) == count


def test_objects_over_several_lines_are_rows(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    row = json.dumps({"instruction": "问", "input": "", "output": "答"}, ensure_ascii=False, indent=2)
    path.write_text(f"{row}\n{row}\n", encoding="utf-8")
    report = FaultReport()
    assert [row.line for row in read_rows(path, report)] == [1, 6]
    assert report.findings() == []


def test_a_key_that_is_nearly_right_is_named(tmp_path: Path) -> None:
    folder = write(tmp_path / "data", {"format": "sharegpt"}, [GOOD])
    assert "'format', did you mean 'formatting'?" in finding(folder, "D109").message
    assert entry_of(finding(folder, "D110").remedy)["formatting"] == "sharegpt"
