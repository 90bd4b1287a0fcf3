"""Prompts are, token for token, those that LLaMA-Factory trains on and that its own prediction uses."""

import json
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from nerforge.evaluation.engines import Request
from nerforge.evaluation.predicting.requests import read_requests
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from tests.slot_sets import place_slots

pytestmark = [pytest.mark.train, pytest.mark.filterwarnings("ignore")]

ROOT = Path(__file__).parents[3]
SHARED = ROOT.parent / "shared"
TOKENIZERS = {
    "qwen2": SHARED / "models" / "qwen2-tokenizer",
    "tiny": ROOT / "data" / "tiny_base",
}
TEMPLATES = ("qwen", "qwen3", "qwen3_nothink", "phi4", "llama3")
INSTRUCTION = "你是一个文本实体识别领域的专家。请提取句子中的实体：\n"


def write(folder: Path, texts: list[str], system: str | None) -> Path:
    """Write rows as ``generate`` does, the instruction in the user turn or the system turn."""
    (folder / "gold").mkdir(parents=True)
    columns = {"prompt": "instruction", "query": "input", "response": "output"}
    turn = {"instruction": "" if system else INSTRUCTION, **({"system": system} if system else {})}
    rows = [{**turn, "input": text, "output": f"<ORG>{text[:3]}</ORG>"} for text in texts]
    info = {"columns": {**columns, **({"system": "system"} if system else {})}}
    names = {"ner": "train", "ner_test": "test"}
    (folder / "dataset_info.json").write_text(
        json.dumps({name: {"file_name": f"{name}.json", **info} for name in names})
    )
    for name, split in names.items():
        (folder / f"{name}.json").write_text(json.dumps(rows))
        gold = (json.dumps({"id": f"g{i}", "text": text, "entities": []}) for i, text in enumerate(texts))
        (folder / "gold" / f"{split}.jsonl").write_text("\n".join(gold) + "\n")
    return folder


def real_texts() -> list[str]:
    path = SHARED / "real" / "ccfbdci.jsonl"
    if not path.is_file():
        pytest.skip(f"{path.name} is not beside this checkout")
    with path.open(encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in islice(lines, 200)]


@pytest.fixture(scope="module", params=["power", "real", "real, system turn"])
def data(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("rows") / "data"
    if request.param == "power":
        place_slots(SlotOptions(200), DatasetOptions(folder, prompt="full"))
        return folder
    return write(folder, real_texts(), "提取实体。" if "system" in request.param else None)


def load(tokenizer_name: str, template: str, data: Path, **more: Any) -> Any:
    """Give LLaMA-Factory's tokenizer, template and arguments as its training gets them."""
    from llamafactory.data import get_template_and_fix_tokenizer
    from llamafactory.hparams import get_train_args
    from llamafactory.model import load_tokenizer

    folder = TOKENIZERS[tokenizer_name]
    if not folder.is_dir():
        pytest.skip(f"{folder.name} is not beside this checkout")
    settings = {
        "model_name_or_path": str(folder),
        "template": template,
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "lora",
        "dataset": "ner_test",
        "dataset_dir": str(data),
        "cutoff_len": 1 << 16,
        "output_dir": str(data / "out"),
        "overwrite_cache": True,
        "report_to": "none",
        **more,
    }
    model_args, data_args, training_args, _, _ = get_train_args(settings)
    module = load_tokenizer(model_args)
    fixed = get_template_and_fix_tokenizer(module["tokenizer"], data_args)
    return SimpleNamespace(
        model_args=model_args,
        data_args=data_args,
        training_args=training_args,
        module=module,
        tokenizer=module["tokenizer"],
        template=fixed,
    )


def training_prompts(loaded: Any) -> list[list[int]]:
    """Give what is not learnt of each row, through LLaMA-Factory's own loader and processor."""
    from llamafactory.data import get_dataset

    dataset = get_dataset(
        loaded.template, loaded.model_args, loaded.data_args, loaded.training_args, "sft", **loaded.module
    )
    rows = dataset["train_dataset"]
    return [
        [token for token, label in zip(row["input_ids"], row["labels"], strict=True) if label == -100]
        for row in rows
    ]


def predicting_prompts(loaded: Any) -> list[list[int]]:
    """Give the prompts of LLaMA-Factory's ``do_predict``."""
    from llamafactory.data import get_dataset

    loaded.data_args.eval_dataset, loaded.data_args.dataset = ["ner_test"], None
    loaded.training_args.do_train = False
    loaded.training_args.predict_with_generate = True
    dataset = get_dataset(
        loaded.template, loaded.model_args, loaded.data_args, loaded.training_args, "sft", **loaded.module
    )
    return [row["input_ids"] for row in dataset["eval_dataset"]]


def our_prompts(loaded: Any, requests: list[Request]) -> list[list[int]]:
    from nerforge.evaluation.engines.encoding import PromptEncoder

    encoder = SimpleNamespace(_template=loaded.template, tokenizer=loaded.tokenizer)
    return [PromptEncoder.encode(encoder, request) for request in requests]  # type: ignore[arg-type]


@pytest.mark.parametrize("template", TEMPLATES)
def test_prompts_are_those_of_training_and_of_llamafactorys_prediction(template: str, data: Path) -> None:
    loaded = load("tiny" if (data / "manifest.json").exists() else "qwen2", template, data)
    ours = our_prompts(loaded, list(read_requests(data, "test")))
    assert len({tuple(ids) for ids in ours}) > 10
    assert ours == training_prompts(loaded)
    assert ours == predicting_prompts(loaded)


def test_trained_without_thinking_the_prompt_ends_with_an_empty_thought(tmp_path: Path) -> None:
    data = write(tmp_path / "data", ["菏泽投诉", "巨野意见"], None)
    requests = list(read_requests(data, "test"))
    # Both loads give the same template, with the flag of the last.
    thinking = our_prompts(load("tiny", "qwen3", data, enable_thinking=True), requests)
    plain = load("tiny", "qwen3", data, enable_thinking=False)
    thought = plain.template.get_thought_word_ids(plain.tokenizer)
    ours = our_prompts(plain, requests)
    assert ours == [ids + thought for ids in thinking]
    assert plain.tokenizer.decode(thought) == "<think>\n\n</think>\n\n"
    assert ours == training_prompts(plain)
    assert ours == predicting_prompts(plain)
    plain.template.enable_thinking = True
