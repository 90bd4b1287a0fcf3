"""How many rows the default prompts make too long for a published ``cutoff_len``, by Qwen2's tokenizer.

Needs the real corpora and the tokenizer in ``../shared``, and the train extra. Rows stand as the template
qwen writes it, with its default system turn.
"""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from nerforge.generators.classification.news_jsonl import NewsCorpus
from nerforge.generators.corpora.corpus import Corpus
from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.datasets.entity_gold import stream_gold
from nerforge.generators.slots.generate import SlotOptions, generate_slots
from nerforge.templates.answers import FORMATS, CannotEncodeError, load_format
from nerforge.templates.domain import Sample
from nerforge.templates.languages import LANGUAGES
from nerforge.templates.prompts import render_prompt
from nerforge.templates.tasks import Task, load_task

SHARED = Path(__file__).parents[3] / "shared"
CUTOFF_LEN = 384
POWER_CUTOFF_LEN = 1024
_SYSTEM = "You are Qwen, created by Alibaba Cloud. You are a helpful assistant."
_FRAME = (
    "<|im_start|>system\n{}<|im_end|>\n<|im_start|>user\n{}<|im_end|>\n<|im_start|>assistant\n{}<|im_end|>\n"
)
_POWER_ROWS = 2_000


def main() -> None:
    """Print tokens of the prompt and the share of truncated rows for each task, language and format."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(SHARED / "models" / "qwen2-tokenizer")
    print("task     language  format      prompt  truncated")
    for language in LANGUAGES:
        for name, cutoff_len in (("ccfbdci", CUTOFF_LEN), ("cmeee", CUTOFF_LEN), ("power", POWER_CUTOFF_LEN)):
            task = load_task(name).spoken(language)
            samples = _power(task) if name == "power" else _corpus(name, task)
            for answer_format in FORMATS:
                _report(tokenizer, task, answer_format, _rows(task, answer_format, samples), cutoff_len)
        task = load_task("fudan").spoken(language)
        _report(tokenizer, task, "label", _news(task), CUTOFF_LEN)


def _corpus(name: str, task: Task) -> list[Sample]:
    corpus = Corpus(SHARED / "real" / f"{name}.jsonl", task)
    return [sample for sample, _ in corpus.samples(corpus.report()) if sample is not None]


def _power(task: Task) -> list[Sample]:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "data"
        generate_slots(SlotOptions(_POWER_ROWS, noise=(), n_workers=1), DatasetOptions(out, dev=0, test=0))
        return list(stream_gold(out / "gold" / "train.jsonl", load_task("power").schema))


def _rows(task: Task, answer_format: str, samples: Iterable[Sample]) -> Iterator[tuple[str, str]]:
    frame, coder = render_prompt(task, answer_format).frame, load_format(answer_format)
    for sample in samples:
        try:
            yield frame.user_turn(sample.text), coder.encode(sample, task.schema)
        except CannotEncodeError:
            # Such a row is not written.
            continue


def _news(task: Task) -> Iterator[tuple[str, str]]:
    prompt = render_prompt(task, "label")
    corpus = NewsCorpus(SHARED / "real" / "fudan_news.jsonl", task)
    for sample, _ in corpus.samples(corpus.report()):
        if sample is not None:
            labels = [task.schema[name] for name in sample.options or task.schema.names]
            yield prompt.fill(labels).user_turn(sample.text), task.schema[sample.label].answer


def _report(
    tokenizer: Any, task: Task, answer_format: str, rows: Iterable[tuple[str, str]], cutoff_len: int
) -> None:
    texts = [_FRAME.format(_SYSTEM, *row) for row in rows]
    lengths = [len(ids) for ids in tokenizer(texts, add_special_tokens=False)["input_ids"]]
    n_prompt = len(tokenizer(render_prompt(task, answer_format).text)["input_ids"])
    share = sum(length > cutoff_len for length in lengths) / len(lengths)
    print(
        f"{task.name:8} {task.language:9} {answer_format:11} {n_prompt:6}  {share:8.2%} of {len(lengths):,}"
    )


if __name__ == "__main__":
    main()
