"""Rebuild the tiny base model of the demo: tokenizer, random weights, one epoch on made-up places.

Run ``python -m nerforge.llamafactory_configs.tiny_base OUT`` (about ten minutes on two cores). The base
learns to copy a query, tag it and complete the parents of an invented gazetteer. It never sees a real
place name: what it says of real ones after a LoRA run, that run taught it.
"""

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.foundation.json_values import JsonObject
from nerforge.foundation.llamafactory.command import find_cli
from nerforge.foundation.llamafactory.environment import without_overrides
from nerforge.generators.datasets.dataset_writer import write_dataset
from nerforge.generators.datasets.entity_rows import EntityRowMaker
from nerforge.generators.manifests.manifest import Description
from nerforge.generators.rows.row_prompts import PromptWriter
from nerforge.generators.slots.domain.slot_domain import BASE_TEMPLATES, POWER, Domain, read_domain
from nerforge.generators.slots.generate import sample_domain, select
from nerforge.generators.slots.tables.tables import Row
from nerforge.templates.domain import Entity, Sample
from nerforge.templates.prompts import render_prompt
from nerforge.templates.tasks import load_task, task_names

SEED = 20260101
N_KNOWN = 12_000
"""Rows about the invented gazetteer, whose parents the model can learn."""
N_UNKNOWN = 72_000
"""Rows about places that occur once, whose parents are left open: they teach copying."""
QWEN_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
SPECIAL_TOKENS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SHAPE = {
    "hidden_size": 192,
    "intermediate_size": 512,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "max_position_embeddings": 2048,
    "tie_word_embeddings": True,
}


def vocabulary() -> list[str]:
    """List the characters with a token of their own: those of the embedded data, prompts and ASCII."""
    chars = {chr(code) for code in range(32, 127)} | {"\n"}
    for path in sorted([*POWER.glob("*.txt"), *POWER.glob("*.csv")]):
        chars |= set(path.read_text(encoding="utf-8"))
    for name in task_names():
        task = load_task(name)
        for answer_format in ("json", "xml"):
            chars |= set(render_prompt(task, answer_format, "short").text)
    chars |= set("今天昨日前本上这周月个季度年第一二三四号")
    return sorted(chars)


def whole_tokens() -> list[str]:
    """List the longer strings with a token of their own: tags, roles, numbers, what prompts repeat."""
    labels = [label.answer for name in task_names() for label in load_task(name).schema.labels]
    tags = [tag for label in labels for tag in (f"<{label}>", f"</{label}>")]
    words = ["system", "user", "assistant", QWEN_SYSTEM, '{"entity_text": "', '", "entity_label": "', '"}']
    # A number is one token: copying a date digit by digit is hard for a model of this size.
    numbers = [str(year) for year in range(1990, 2040)] + [f"{number:02}" for number in range(100)]
    return list(dict.fromkeys([*words, *tags, *numbers]))


def build_tokenizer(out: Path) -> None:
    """Write a tokenizer with one token a character, and bytes for every other character."""
    from tokenizers import AddedToken, Tokenizer, decoders
    from tokenizers.models import BPE
    from transformers import PreTrainedTokenizerFast

    names = [*SPECIAL_TOKENS, *(f"<0x{byte:02X}>" for byte in range(256)), *vocabulary()]
    tokenizer = Tokenizer(BPE(vocab={name: i for i, name in enumerate(names)}, merges=[], byte_fallback=True))
    tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens([AddedToken(name, special=True) for name in SPECIAL_TOKENS])
    tokenizer.add_tokens([AddedToken(name, normalized=False) for name in whole_tokens()])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=SHAPE["max_position_embeddings"],
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHATML
    fast.save_pretrained(out)


def build_untrained(out: Path) -> None:
    """Write a randomly initialised model for the tokenizer in ``out``."""
    import torch
    from transformers import AutoTokenizer, Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(SEED)
    tokenizer = AutoTokenizer.from_pretrained(out)
    ids = {
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": None,
    }
    config = Qwen2Config(vocab_size=-(-len(tokenizer) // 64) * 64, **SHAPE, **ids)
    Qwen2ForCausalLM(config).save_pretrained(out)


def invented_domain(n_cities: int, chars: str, rng: random.Random) -> Domain:
    """Make up provinces, cities, companies and substations, for the demo's templates."""
    domain = select(read_domain(templates=BASE_TEMPLATES), noise=())
    table = domain.tables["places"]
    rows = {row.values: row for row in _invented(n_cities, chars, rng)}
    return replace(domain, tables={table.name: replace(table, rows=tuple(rows.values()))})


def _invented(n_cities: int, chars: str, rng: random.Random) -> Iterator[Row]:
    for city in range(n_cities):
        if city % 8 == 0:
            province = _name(chars, 2, rng) + "省"
        city_name = _name(chars, 2, rng)
        for _ in range(5):
            company = _name(chars, rng.randint(1, 3), rng) + rng.choice("区县市") + "供电公司"
            for _ in range(6):
                substation = _name(chars, rng.randint(2, 3), rng) + "供电所"
                yield Row(0, (province, city_name, company, substation), ((), (), (), ()))


def _name(chars: str, n: int, rng: random.Random) -> str:
    return "".join(rng.choice(chars) for _ in range(n))


def without_parents(sample: Sample) -> Sample:
    """Drop the inferred entities: the places of this sample occur nowhere else."""
    spanned: tuple[Entity, ...] = tuple(entity for entity in sample.entities if entity.span)
    return Sample(sample.id, sample.text, spanned, sample.meta)


def base_samples(rng: random.Random) -> list[Sample]:
    """Draw the training rows of the base."""
    chars = "".join(
        char for char in vocabulary() if "一" <= char <= "鿿" and char not in "省市县区供电公司所"
    )
    known = list(sample_domain(invented_domain(24, chars, rng), N_KNOWN, SEED))
    unknown = sample_domain(invented_domain(2_000, chars, rng), N_UNKNOWN, SEED)
    texts = {sample.text for sample in known}
    samples = known + [without_parents(sample) for sample in unknown if sample.text not in texts]
    rng.shuffle(samples)
    return samples


def training_yaml(model: Path, data: Path, out: Path) -> dict[str, object]:
    """Give the full-parameter training of the base."""
    return {
        "model_name_or_path": str(model),
        "stage": "sft",
        "do_train": True,
        "finetuning_type": "full",
        "template": "qwen",
        "dataset_dir": str(data),
        "dataset": "ner",
        "cutoff_len": 256,
        "preprocessing_num_workers": 1,
        "output_dir": str(out),
        "per_device_train_batch_size": 16,
        "gradient_accumulation_steps": 1,
        "learning_rate": 2.0e-3,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 200,
        "adam_beta2": 0.95,
        "num_train_epochs": 1,
        "bf16": False,
        "disable_gradient_checkpointing": True,
        "logging_steps": 20,
        "save_strategy": "no",
        "plot_loss": False,
        "report_to": "none",
        "train_sampling_strategy": "group_by_length",
        "seed": 42,
    }


def shrink(trained: Path, out: Path) -> None:
    """Write the weights as float16, and a config that loads them as float32.

    A config that says float16 would keep frozen weights in it, and a CPU trains many times slower so.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(trained, dtype=torch.float32).half()
    model.save_pretrained(out)
    AutoTokenizer.from_pretrained(trained).save_pretrained(out)
    config = read_json(out / "config.json", JsonObject)
    write_whole(out / "config.json", to_json({**config, "dtype": "float32", "use_cache": True}))


def main(out: str) -> None:
    """Build the tokenizer, train the base, and write it to ``out``."""
    rng = random.Random(SEED)
    task = load_task("power")
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        build_tokenizer(work / "untrained")
        build_untrained(work / "untrained")
        write_dataset(
            work / "data",
            (("train", sample) for sample in base_samples(rng)),
            EntityRowMaker(task.schema, "xml", PromptWriter(render_prompt(task, "xml", "short"))),
            Description(task, "xml", SEED, settings=None, source=None),
        )
        write_whole(
            work / "base.yaml", to_json(training_yaml(work / "untrained", work / "data", work / "trained"))
        )
        subprocess.run(
            [find_cli(), "train", str(work / "base.yaml")], env=without_overrides(os.environ), check=True
        )
        shrink(work / "trained", Path(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
