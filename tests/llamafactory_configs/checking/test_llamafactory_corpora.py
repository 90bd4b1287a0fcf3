"""LLaMA-Factory's own loader gives back every row of every kind of data set, word for word."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from copy import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from nerforge.generators.classification.label_generation import generate_classification
from nerforge.generators.classification.label_gold import LabelledText, read_labelled
from nerforge.generators.corpora.corpus_generation import generate_corpus
from nerforge.generators.corpora.layouts import LAYOUTS, load_layout
from nerforge.generators.corpora.reading.raw_rows import RawEntity, RawRow
from nerforge.generators.corpora.reading.reading_options import ReadingOptions
from nerforge.generators.corpora.treatment import Treatment
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import read_gold
from nerforge.generators.rows.row_prompts import PromptVariation
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.rendering.training_yaml import render_config
from nerforge.templates.answers import FORMATS, load_format
from nerforge.templates.prompts import render_prompt
from nerforge.templates.tasks import load_task, resolve_task
from tests.pair_layouts import PAIR_LAYOUTS
from tests.slot_sets import place_slots

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

Rows = dict[str, list[dict[str, Any]]]
Load = Callable[[Path], Rows]
REAL = Path(__file__).parents[4] / "shared" / "real"
SPLITS = {"ner": "train", "ner_dev": "dev", "ner_test": "test"}
_MARKED = re.compile(r"\[([^\]]+?):(PER|GPE|ORG|LOC)\]")
SENTENCES = (
    "[王芳:PER]在[青岛:GPE]的[海关:ORG]上班😀。",
    "[李梅:PER]　住　[济南:GPE]，常去[大明湖:LOC]。那里的荷花开了，游人很多。[王芳:PER]也来。",
    "他说：“天气很好！”",
    '公司"[三联:ORG]"在[Ａ１大街:LOC]，邮编\\250000。',
    "2024-05-01",
    "晴\u2028[济南:GPE]\x0b\x00雨[王芳:PER]",
    "[青岛:GPE]和[青岛:GPE]",
)
TEXTS = (
    ("夺冠后，队员们绕场😀一周。", "Sports", ["Sports", "Art"]),
    ('新规"三同时"\\n已实施。', "Law", ["Economy", "Law", "Enviornment"]),
    ("河水　又　清了", "Enviornment", []),
    ("2024-05-01", "History", ["History"]),
)


def rows_of(n: int) -> Iterator[RawRow]:
    for place in range(1, n + 1):
        number, sentence = divmod(place - 1, len(SENTENCES))
        text, entities = "", []
        for plain, value, label in re.findall(rf"(.*?)(?:{_MARKED.pattern}|$)", SENTENCES[sentence]):
            text += plain
            if value:
                entities.append(RawEntity(label, value, len(text), len(text) + len(value)))
                text += value
        yield RawRow(place, f"{text}{number or ''}", tuple(entities))


def write_corpus(path: Path, layout: str = "span_jsonl", n: int = 30) -> Path:
    if layout == "datasets_folder":
        pytest.importorskip("datasets", reason="needs the corpora extra")
    known = load_layout(layout)
    if known.write is not None:
        path.write_bytes(b"".join(known.write(rows_of(n))))
        return path
    assert known.write_files is not None
    for name, content in known.write_files(rows_of(n)):
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def write_texts(path: Path, n: int = 24) -> Path:
    picked = ((number, *TEXTS[number % len(TEXTS)]) for number in range(n))
    rows = [
        {"text": f"{text}{number or ''}", "category": options, "output": label}
        for number, text, label, options in picked
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Parse one configuration as llamafactory-cli does; what it says of the data set is replaced later."""
    import torch
    from llamafactory.hparams import get_train_args

    root = tmp_path_factory.mktemp("parsed")
    generate_corpus("ccfbdci", write_corpus(root / "c.jsonl"), DatasetOptions(root / "data"))
    overrides = {"cache_dir": str(root / "cache"), "overwrite_cache": True, "cutoff_len": 4096}
    config = yaml.safe_load(render_config("tiny_cpu", root / "data", root / "run", overrides))
    return get_train_args(config if torch.cuda.is_available() else {**config, "use_cpu": True})


@pytest.fixture(scope="module")
def load(parsed: Any) -> Load:
    """Give a function that loads all data sets of a folder with LLaMA-Factory's loader and converter."""
    from llamafactory.data.loader import _load_single_dataset
    from llamafactory.data.parser import get_dataset_list

    model_args, data_args, training_args, *_ = parsed

    def load(data: Path) -> Rows:
        here = copy(data_args)
        here.dataset_dir = str(data)
        names = list(json.loads((data / "dataset_info.json").read_text(encoding="ascii")))
        attributes = get_dataset_list(names, here.dataset_dir)
        return {
            name: list(_load_single_dataset(attribute, model_args, here, training_args))
            for name, attribute in zip(names, attributes, strict=True)
        }

    return load


def read_lines(path: Path) -> list[Any]:
    """Read JSON Lines as bytes: ``str.splitlines`` would split at U+2028, too."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def written_rows(data: Path, name: str) -> list[dict[str, str]]:
    lines = data / f"{name}.jsonl"
    if lines.exists():
        return read_lines(lines)
    rows: list[dict[str, str]] = json.loads((data / f"{name}.json").read_text(encoding="utf-8"))
    return rows


def assert_every_row_is_ours(loaded: Rows, data: Path, n_rows: int) -> None:
    """Compare what LLaMA-Factory would train on with our files, column by column."""
    assert set(loaded) == set(SPLITS)
    assert sum(map(len, loaded.values())) == n_rows
    for name, theirs in loaded.items():
        ours = written_rows(data, name)
        texts = [sample["text"] for sample in read_lines(data / "gold" / f"{SPLITS[name]}.jsonl")]
        for row, read, text in zip(ours, theirs, texts, strict=True):
            is_system = "system" in row
            user = row["instruction"]
            assert user == text if is_system else user.endswith(f"\n{text}")
            assert read["_prompt"] == [{"role": "user", "content": user}]
            assert read["_response"] == [{"role": "assistant", "content": row["output"]}]
            assert read["_system"] == row.get("system", "")
            assert not is_system or row["system"]


def assert_answers_say_gold(loaded: Rows, data: Path, language: str | None = None) -> None:
    """Read the loaded answers, each of which must name exactly its sample's entities."""
    manifest = json.loads((data / "manifest.json").read_text(encoding="utf-8"))
    own = data / "task.yaml"
    task = resolve_task(str(own)) if own.exists() else resolve_task(manifest["task"], language)
    answer_format = load_format(manifest["answer_format"])
    for name, rows in loaded.items():
        gold = read_gold(data / "gold" / f"{SPLITS[name]}.jsonl", task.schema)
        for sample, row in zip(gold, rows, strict=True):
            answer = row["_response"][0]["content"]
            read = answer_format.decode(answer, sample.text, task.schema)
            assert Counter(read.entities) == Counter(sample.entities)


def n_written(manifest: dict[str, Any]) -> int:
    return sum(split["samples"] for split in manifest["splits"].values())


CORPUS_CASES = [
    # Pairs of query and answer are read only; what they become is written as any other corpus. Some other
    # layouts are read only, too.
    *(
        (name, "json")
        for name, layout in LAYOUTS.items()
        if (layout.write or layout.write_files) and name not in PAIR_LAYOUTS
    ),
    *(("span_jsonl", name) for name in FORMATS if name != "json"),
]


@pytest.mark.parametrize(("layout", "answer_format"), CORPUS_CASES)
def test_every_layout_and_every_answer_format_loads(
    load: Load, tmp_path: Path, layout: str, answer_format: str
) -> None:
    data = tmp_path / "data"
    corpus = write_corpus(tmp_path / "corpus", layout)
    reading = ReadingOptions(layout)
    generate_corpus(None, corpus, DatasetOptions(data, answer_format=answer_format), reading=reading)
    loaded = load(data)
    assert_every_row_is_ours(loaded, data, 30)
    assert_answers_say_gold(loaded, data)


ALL = {
    "dataset": {"language": "en", "turn": "system"},
    "asking": PromptVariation("shuffled", 2),
    "treatment": Treatment(("width", "space"), 20),
}
VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "english": {"dataset": {"language": "en"}},
    "system_turn": {"dataset": {"turn": "system"}},
    "shuffled_labels": {"asking": PromptVariation("shuffled")},
    "shots": {"asking": PromptVariation(shots=2)},
    "short_texts": {"treatment": Treatment(max_chars=20)},
    "json_lines": {"dataset": {"is_jsonl": True}},
    "normalised": {"treatment": Treatment(("width", "space"))},
    "all_together": ALL,
}


def generate_variant(root: Path, variant: dict[str, Any]) -> dict[str, Any]:
    options = dict(variant)
    dataset = DatasetOptions(root / "data", **options.pop("dataset", {}))
    return msgspec.to_builtins(generate_corpus("ccfbdci", write_corpus(root / "c.jsonl"), dataset, **options))


@pytest.mark.parametrize("name", VARIANTS)
def test_every_option_of_a_corpus_loads(load: Load, tmp_path: Path, name: str) -> None:
    variant, data = VARIANTS[name], tmp_path / "data"
    manifest = generate_variant(tmp_path, variant)
    pieces = manifest["source"].get("long_texts", {"pieces": 0, "texts": 0})
    assert (pieces["texts"] > 0) is (name in ("short_texts", "all_together"))
    loaded = load(data)
    assert_every_row_is_ours(loaded, data, 30 - pieces["texts"] + pieces["pieces"])
    assert_answers_say_gold(loaded, data, variant.get("dataset", {}).get("language"))


FUDAN_VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "english": {"dataset": {"language": "en"}},
    "system_turn": {"dataset": {"turn": "system"}},
    "json_lines": {"dataset": {"is_jsonl": True}},
    "all_together": ALL,
}


def offered(instruction: str) -> list[str]:
    """Give the categories that a prompt lists, by their names in answers."""
    listed = re.search("(?:从|from )(.*?)(?:里选一个|, and write)", instruction)
    assert listed, instruction
    return re.split("、|, ", listed[1])


@pytest.mark.parametrize("name", FUDAN_VARIANTS)
def test_every_option_of_labelled_texts_loads(load: Load, tmp_path: Path, name: str) -> None:
    options, data = dict(FUDAN_VARIANTS[name]), tmp_path / "data"
    dataset = DatasetOptions(data, **options.pop("dataset", {}))
    generate_classification("fudan", write_texts(tmp_path / "t.jsonl"), dataset, **options)
    loaded = load(data)
    assert_every_row_is_ours(loaded, data, 24)
    for split, gold, read in labelled_rows(data, loaded):
        instruction = read["_system"] or read["_prompt"][0]["content"]
        answer = read["_response"][0]["content"]
        assert answer in offered(instruction), (split, gold.id)
        assert answer == load_task("fudan").schema[gold.label].answer


def labelled_rows(data: Path, loaded: Rows) -> Iterator[tuple[str, LabelledText, dict[str, Any]]]:
    for name, rows in loaded.items():
        gold = read_labelled(data / "gold" / f"{SPLITS[name]}.jsonl")
        yield from ((SPLITS[name], sample, row) for sample, row in zip(gold, rows, strict=True))


def test_power_in_english_in_the_system_turn_loads(load: Load, tmp_path: Path) -> None:
    data = tmp_path / "data"
    place_slots(SlotOptions(200), DatasetOptions(data, language="en", turn="system"))
    loaded = load(data)
    assert_every_row_is_ours(loaded, data, 200)
    assert {row["_system"] for row in loaded["ner"]} == {
        render_prompt(load_task("power").spoken("en"), "xml", turn="system").text
    }


def test_texts_that_are_all_dates_load_as_texts(load: Load, tmp_path: Path) -> None:
    path, data = tmp_path / "c.jsonl", tmp_path / "data"
    rows = [RawRow(day, f"2024-05-{day:02}", ()) for day in range(1, 21)]
    path.write_bytes(b"".join(load_layout("span_jsonl").write(rows)))
    generate_corpus("ccfbdci", path, DatasetOptions(data, turn="system"))
    assert_every_row_is_ours(load(data), data, 20)


@pytest.mark.parametrize("name", ["system_turn", "shots", "json_lines", "all_together"])
def test_prompts_of_the_engine_are_token_for_token_those_of_training(
    parsed: Any, tmp_path: Path, name: str
) -> None:
    from llamafactory.data import get_dataset, get_template_and_fix_tokenizer
    from llamafactory.extras.constants import IGNORE_INDEX
    from llamafactory.model import load_tokenizer

    from nerforge.evaluation.engines import ModelSpec
    from nerforge.evaluation.engines.local.hf import HfEngine
    from nerforge.evaluation.predicting.predictions import read_requests

    generate_variant(tmp_path, VARIANTS[name])
    model_args, data_args, training_args, *_ = parsed
    here = copy(data_args)
    here.dataset_dir = str(tmp_path / "data")
    modules = load_tokenizer(model_args)
    template = get_template_and_fix_tokenizer(modules["tokenizer"], here)
    rows = get_dataset(template, model_args, here, training_args, stage="sft", **modules)["train_dataset"]
    engine = HfEngine(ModelSpec(model_args.model_name_or_path, None, "qwen"))
    requests = list(read_requests(tmp_path / "data", "train"))
    assert len(rows) == len(requests) > 20
    for row, request in zip(rows, requests, strict=True):
        n_prompt = sum(label == IGNORE_INDEX for label in row["labels"])
        assert len(row["input_ids"]) < here.cutoff_len
        assert 0 < n_prompt < len(row["labels"])
        assert engine.encode(request) == row["input_ids"][:n_prompt]


def real(name: str) -> Path:
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"the published {name} is not at {REAL}")
    return path


N_PUBLISHED = {"ccfbdci": 10_000, "cmeee": 4_287}


@pytest.mark.parametrize("variant", ["plain", "all_together"])
@pytest.mark.parametrize("task", ["ccfbdci", "cmeee"])
def test_every_row_of_a_published_corpus_loads(load: Load, tmp_path: Path, task: str, variant: str) -> None:
    options, data = dict(VARIANTS[variant]), tmp_path / "data"
    dataset = DatasetOptions(data, **options.pop("dataset", {}))
    corpus = real(f"{task}.jsonl")
    manifest = msgspec.to_builtins(generate_corpus(task, corpus, dataset, **options))
    source = manifest["source"]
    pieces = source.get("long_texts", {"pieces": 0, "texts": 0})
    n_kept = n_written(manifest) - pieces["pieces"] + pieces["texts"]
    refused = sum(sum(split["dropped"].values()) for split in manifest["splits"].values())
    assert variant != "plain" or n_written(manifest) == N_PUBLISHED[task]
    assert len(read_lines(corpus)) == n_kept + sum(source["dropped_rows"].values()) + refused
    assert_every_row_is_ours(load(data), data, n_written(manifest))


def test_every_row_of_the_published_news_loads_with_every_option(load: Load, tmp_path: Path) -> None:
    options, data = dict(ALL), tmp_path / "data"
    dataset = DatasetOptions(data, **options.pop("dataset"))
    manifest = msgspec.to_builtins(
        generate_classification("fudan", real("fudan_news.jsonl"), dataset, **options)
    )
    assert_every_row_is_ours(load(data), data, n_written(manifest))


@pytest.fixture(scope="module")
def fudan(load: Load, tmp_path_factory: pytest.TempPathFactory) -> Any:
    root, source = tmp_path_factory.mktemp("fudan"), real("fudan_news.jsonl")
    manifest = msgspec.to_builtins(generate_classification("fudan", source, DatasetOptions(root / "data")))
    return root / "data", manifest, load(root / "data"), read_lines(source)


def place_of(row_id: str) -> int:
    """Give the line of the published file, which an id names."""
    return int(row_id.split("-")[1])


def test_every_row_of_the_published_news_loads(fudan: Any) -> None:
    data, manifest, loaded, raw = fudan
    dropped = manifest["source"]["dropped_rows"]
    assert manifest["source"]["rows"] == len(raw) == n_written(manifest) + sum(dropped.values())
    assert_every_row_is_ours(loaded, data, n_written(manifest))


def test_every_row_of_the_published_news_is_in_one_split(fudan: Any) -> None:
    data, manifest, loaded, raw = fudan
    places = Counter(place_of(gold.id) for _, gold, _ in labelled_rows(data, loaded))
    assert set(places.values()) == {1}
    n_dropped = sum(manifest["source"]["dropped_rows"].values())
    assert len(places) == len(raw) - n_dropped
    assert places.keys() <= set(range(1, len(raw) + 1))


def test_every_row_of_the_published_news_offers_its_categories_in_its_order(fudan: Any) -> None:
    data, _, loaded, raw = fudan
    schema = load_task("fudan").schema
    for _, gold, read in labelled_rows(data, loaded):
        stated = raw[place_of(gold.id) - 1]
        assert (gold.text, gold.label) == (stated["text"], stated["output"])
        instruction = read["_prompt"][0]["content"].removesuffix(f"\n{gold.text}")
        categories = list(dict.fromkeys(stated["category"]))
        assert offered(instruction) == [schema[name].answer for name in categories]
        assert read["_response"][0]["content"] == schema[gold.label].answer
        assert gold.label in categories
