"""What is said to be cut is what LLaMA-Factory cuts, token for token, on real rows with a real tokenizer."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.splitting.split_choice import SampleChoice
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.llamafactory_configs.doctor.checks.info_checks import read_folder
from nerforge.llamafactory_configs.doctor.diagnosis import DoctorOptions, diagnose
from nerforge.llamafactory_configs.doctor.faults import FaultReport
from nerforge.llamafactory_configs.doctor.lengths.token_counts import encode_rows, load_encoder
from nerforge.llamafactory_configs.doctor.lengths.truncation import TruncationRule, TurnTokens, keep, needed
from nerforge.llamafactory_configs.doctor.reading.data_sets import DataSet, TrainingSets
from nerforge.llamafactory_configs.doctor.reading.row_files import DataRow

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

SHARED = Path(__file__).parents[5] / "shared"
QWEN2 = SHARED / "models" / "qwen2-tokenizer"
TINY = Path(__file__).parents[4] / "data" / "tiny_base"
N_ROWS = 300
NO_CUT = 100_000


@pytest.fixture(scope="module", params=["ccfbdci", "cmeee"])
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    corpus = SHARED / "real" / f"{request.param}.jsonl"
    if not corpus.is_file() or not QWEN2.is_dir():
        pytest.skip("needs the real corpora and the tokenizer of Qwen2")
    out = tmp_path_factory.mktemp("real") / request.param
    options = DatasetOptions(out, dev=0, test=0)
    generate_corpus(request.param, corpus, options, SampleChoice(limit=N_ROWS))
    return out


def theirs(folder: Path, cutoff_len: int, tmp_path: Path) -> list[tuple[int, int]]:
    """Give tokens of each row and of its answer, as they come out of LLaMA-Factory's get_dataset."""
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args
    from llamafactory.model import load_tokenizer

    config = {
        "model_name_or_path": str(QWEN2),
        "template": "qwen",
        "dataset_dir": str(folder),
        "dataset": "ner",
        "cutoff_len": cutoff_len,
        "do_train": True,
        "output_dir": str(tmp_path / "run"),
        "cache_dir": str(tmp_path / "cache"),
        "use_cpu": True,
        "report_to": "none",
    }
    model_args, data_args, training_args, _, _ = get_train_args(config)
    tokenizer_module = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(tokenizer_module["tokenizer"], data_args)
    rows = get_dataset(template, model_args, data_args, training_args, stage="sft", **tokenizer_module)
    return [
        (len(row["input_ids"]), sum(label != -100 for label in row["labels"]))
        for row in rows["train_dataset"]
    ]


@pytest.fixture(scope="module")
def whole(real: Path, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[int, int]]:
    return theirs(real, NO_CUT, tmp_path_factory.mktemp("whole"))


@pytest.mark.parametrize("cutoff_len", [64, 128, 384])
def test_the_counts_are_those_of_llamafactory(
    real: Path, cutoff_len: int, whole: list[tuple[int, int]], tmp_path: Path
) -> None:
    settings = {"model_name_or_path": str(QWEN2), "template": "qwen", "cutoff_len": cutoff_len}
    (table,) = diagnose([real], DoctorOptions(settings=settings)).tables
    cut = theirs(real, cutoff_len, tmp_path)
    pairs = list(zip(whole, cut, strict=True))
    assert table.n_rows == len(cut) == N_ROWS
    assert table.tokens == sum(n for n, _ in cut)
    assert table.n_answers_cut == sum(left < answer for (_, answer), (_, left) in pairs)
    assert table.n_prompts_cut == sum(n_left - left < n - answer for (n, answer), (n_left, left) in pairs)
    assert table.cutoff_for_all == max(n for n, _ in whole)
    assert sum(n > table.cutoff_for_most for n, _ in whole) <= N_ROWS / 100


def test_a_cutoff_of_the_longest_row_cuts_nothing_and_one_less_does(
    real: Path, whole: list[tuple[int, int]], tmp_path: Path
) -> None:
    longest = max(n for n, _ in whole)
    assert theirs(real, longest - 1, tmp_path) != whole
    settings = {"model_name_or_path": str(QWEN2), "template": "qwen", "cutoff_len": longest}
    (table,) = diagnose([real], DoctorOptions(settings=settings)).tables
    assert (table.n_prompts_cut, table.n_answers_cut) == (0, 0)


TEMPLATES = ["qwen", "qwen3", "qwen3_nothink", "llama3", "llama2", "mistral", "gemma", "chatglm3", "bailing"]
TEMPLATES += ["deepseek", "phi4", "alpaca", "default", "empty"]
ROWS = [
    {
        "instruction": "标注：",
        "input": "王芳来访。",
        "output": "王芳 PER",
        "history": [["在吗？", "在。"], ["好", ""]],
    },
    {
        "instruction": "标注 <|im_end|> 和 <think>：",
        "input": "  空白 \n",
        "output": "\n没有\n",
        "system": "系统",
    },
    {"instruction": "", "input": "🙂𠮷\t" * 40, "output": "无", "history": []},
    {"instruction": "长" * 200, "input": "", "output": "短" * 90, "history": [["问" * 50, "答" * 70]]},
    {"instruction": "think", "input": "", "output": "<think>\n想\n</think>\n\n答"},
]


def as_data_set() -> DataSet:
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    columns |= {"system": "system", "history": "history"}
    return DataSet("ner", Path("ner.json"), columns, [DataRow(i, row) for i, row in enumerate(ROWS)])


def processed(encoder: Any) -> Iterator[tuple[int, list[int]]]:
    """Give tokens of each row and its labels, by LLaMA-Factory's converter and supervised processing."""
    from llamafactory.data.converter import AlpacaDatasetConverter
    from llamafactory.data.parser import DatasetAttr
    from llamafactory.data.processor.supervised import SupervisedDatasetProcessor

    attribute = DatasetAttr("file", "ner.json", system="system", history="history")
    convert = AlpacaDatasetConverter(attribute, encoder.data_args)
    processor = SupervisedDatasetProcessor(encoder.template, encoder.tokenizer, None, encoder.data_args)
    for row in ROWS:
        example = convert({"system": None, "history": None, **row})
        batch = processor.preprocess_dataset({key: [value] for key, value in example.items()})
        yield len(batch["input_ids"][0]), batch["labels"][0]


@contextmanager
def untouched_templates() -> Iterator[None]:
    """Put LLaMA-Factory's templates back: its settings change them for the whole process."""
    from copy import copy

    from llamafactory.data.template import TEMPLATES as registered

    before = {name: copy(template) for name, template in registered.items()}
    yield
    registered.update(before)


@pytest.mark.parametrize("settings", [{}, {"mask_history": True, "enable_thinking": False}], ids=str)
@pytest.mark.parametrize("template", TEMPLATES)
def test_every_kind_of_template_is_counted_as_llamafactory_does(
    template: str, settings: dict[str, Any]
) -> None:
    with untouched_templates():
        for cutoff_len in (48, 160):
            config = {"template": template, "cutoff_len": cutoff_len, **settings}
            encoder = load_encoder(TINY, config)
            ours = [
                needed(keep(row.turns, encoder.rule), encoder.rule)
                for row in encode_rows(as_data_set(), as_data_set().rows, encoder)
            ]
            assert ours == [n for n, _ in processed(encoder)]


def test_packs_are_as_many_as_llamafactory_makes(tmp_path: Path) -> None:
    from llamafactory.data.processor.supervised import PackedSupervisedDatasetProcessor

    from nerforge.llamafactory_configs.doctor.lengths.padding import n_packs

    with untouched_templates():
        encoder = load_encoder(TINY, {"template": "qwen", "cutoff_len": 200, "neat_packing": True})
    processor = PackedSupervisedDatasetProcessor(encoder.template, encoder.tokenizer, None, encoder.data_args)
    texts = ["王" * n for n in range(1, 121)]
    examples = {
        "_prompt": [[{"role": "user", "content": text}] for text in texts],
        "_response": [[{"role": "assistant", "content": "无"}] for _ in texts],
        **{key: [None] * len(texts) for key in ("_system", "_tools", "_images", "_videos", "_audios")},
    }
    packs = processor.preprocess_dataset(examples)["input_ids"]
    rows = [DataRow(i, {"instruction": text, "output": "无"}) for i, text in enumerate(texts)]
    encoded = encode_rows(as_data_set(), rows, encoder)
    lengths = [needed(keep(row.turns, encoder.rule), encoder.rule) for row in encoded]
    assert n_packs(lengths, encoder.rule.cutoff_len, 1000) == len(packs)
    assert all(len(pack) == 200 for pack in packs)


def test_a_turn_without_room_keeps_nothing() -> None:
    turns = [TurnTokens(50, 50), TurnTokens(10, 10)]
    assert keep(turns, TruncationRule(100)) == [TurnTokens(50, 50), TurnTokens(0, 0)]
    assert keep(turns, TruncationRule(100, is_reversed=True)) == [TurnTokens(40, 40), TurnTokens(10, 10)]


def test_a_row_reads_the_same_from_lines_and_from_an_array(tmp_path: Path) -> None:
    rows = [{"instruction": "标注：", "input": f"第{i}句", "output": "无"} for i in range(5)]
    (tmp_path / "a.json").write_text(json.dumps(rows), encoding="utf-8")
    (tmp_path / "b.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    info = {name: {"file_name": file} for name, file in (("a", "a.json"), ("b", "b.jsonl"))}
    (tmp_path / "dataset_info.json").write_text(json.dumps(info), encoding="ascii")
    folder = read_folder(tmp_path, TrainingSets(), FaultReport())
    encoder = load_encoder(TINY, {"template": "qwen"})
    a, b = (encode_rows(folder.sets[name], folder.sets[name].rows, encoder) for name in "ab")
    assert [row.turns for row in a] == [row.turns for row in b]
