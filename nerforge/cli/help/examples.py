"""Examples of each command, as ``--help`` shows them; a test runs or parses every one."""

from typing import NamedTuple


class Example(NamedTuple):
    """A command line that works, and what it is for."""

    does: str
    line: str


_ALL = "nerforge"
_OF: dict[str, tuple[Example, ...]] = {
    _ALL: (
        Example("Everything once, on a CPU", "nerforge demo"),
        Example(
            "What a model's answers are worth, without torch",
            "nerforge score --gold gold.jsonl --pred generated_predictions.jsonl --errors 5",
        ),
        Example(
            "Training data of a corpus of your own",
            "nerforge generate corpus --input my.conll --out data_mine",
        ),
    ),
    "demo": (Example("Everything on a CPU, in a few minutes", "nerforge demo --out demo"),),
    "generate power": (
        Example(
            "Queries about all of Shandong, with pictures of the counts",
            "nerforge generate power --rows 50000 --stats --out data_power",
        ),
        Example(
            "One city, tested on templates that training never said",
            "nerforge generate power --rows 2000 --city 菏泽市 --split by-template --out data_heze",
        ),
    ),
    "generate domain": (
        Example(
            "From the example domain; copy its folder for one of your own",
            "nerforge generate domain data/examples/water --rows 4000 --out data_water",
        ),
    ),
    "generate corpus": (
        Example(
            "A file in any known layout; a tenth each for dev and test",
            "nerforge generate corpus --input my.conll --out data_mine",
        ),
        Example(
            "Published splits, a task of your own, answers as XML",
            "nerforge generate corpus --train train.conll --test test.conll --task my_task.yaml --format xml "
            "--out data_split",
        ),
    ),
    "generate ccfbdci": (
        Example(
            "As the published recipe has it",
            "nerforge generate ccfbdci --input ccfbdci.jsonl --out data_news",
        ),
    ),
    "generate cmeee": (
        Example(
            "2,000 rows, dev and test without near duplicates in training",
            "nerforge generate cmeee --input cmeee.jsonl --limit 2000 --near-duplicates drop --out data_med",
        ),
    ),
    "generate fudan": (
        Example(
            "Both published sets",
            "nerforge generate fudan --train fudan/train.jsonl --test fudan/test.jsonl --out data_topics",
        ),
    ),
    "doctor": (
        Example("A data set", "nerforge doctor data_power"),
        Example(
            "A training with its data, warnings count, a report for CI",
            "nerforge doctor train.yaml --strict --no-tokens --junit doctor.xml",
        ),
        Example("Repair what is safe", "nerforge doctor data_power --fix"),
    ),
    "explain": (
        Example("One code, in Chinese", "nerforge explain D403 --lang zh"),
        Example("Its examples as files, to try the doctor on", "nerforge explain D403 --out try"),
        Example("All of them", "nerforge explain"),
    ),
    "audit": (
        Example("Likely errors, the worst first", "nerforge audit data_power --out audit.jsonl"),
        Example(
            "With a model's answers as evidence, and tasks for annotators",
            "nerforge audit data_power --pred answers.jsonl --out audit_2.jsonl --tasks tasks.json",
        ),
    ),
    "relabel": (
        Example(
            "Mend gold, and score the same answers on the old and the new one",
            "nerforge relabel data_power verdicts.jsonl --pred answers.jsonl --out mended.jsonl",
        ),
    ),
    "label export": (
        Example(
            "With a model's answers as suggestions",
            "nerforge label export data_power tasks --to label_studio --pred answers.jsonl",
        ),
    ),
    "label import": (
        Example("What most annotators say", "nerforge label import export.json --out labelled.jsonl"),
        Example(
            "Only what all agree on, a file an annotator",
            "nerforge label import anna.jsonl ben.jsonl --resolve agree --out agreed.jsonl",
        ),
    ),
    "label agree": (
        Example(
            "F1 of each pair, the 50 worst sentences", "nerforge label agree anna.jsonl ben.jsonl --worst 50"
        ),
    ),
    "label next": (
        Example(
            "What a CRF of the labelled rows is unsure of",
            "nerforge label next pool.jsonl --labelled gold.jsonl --crf --budget 20 --out batch.jsonl",
        ),
    ),
    "convert": (
        Example(
            "Gold as tasks of Label Studio", "nerforge convert data_power --to label_studio tasks_all.json"
        ),
        Example(
            "A model's answers as pre-annotations",
            "nerforge convert answers.jsonl --gold data_power --to doccano answers.doccano.jsonl",
        ),
    ),
    "fetch-data": (
        Example(
            "Only the files that are read",
            "nerforge fetch-data OWNER/NAME --file '*.jsonl' --to corpora",
        ),
    ),
    "fetch-model": (
        Example(
            "From ModelScope",
            "nerforge fetch-model Qwen/Qwen3-4B-Instruct-2507 --hub modelscope --to models/qwen3",
        ),
    ),
    "config": (
        Example(
            "QLoRA of a 4B model on a card of 24 GB",
            "nerforge config ner_qwen3_4b --data data_power --method qlora --hardware gpu_24gb -o train.yaml",
        ),
        Example(
            "Other settings, on stdout",
            "nerforge config ner_qwen3_4b --data data_power --set lora_rank=16 --set num_train_epochs=3",
        ),
    ),
    "train": (
        Example("Start, or resume what was killed", "nerforge train train.yaml"),
        Example("With another learning rate", "nerforge train train.yaml learning_rate=5e-5 --overwrite"),
    ),
    "new-model": (
        Example("A layer for `config --model`", "nerforge new-model Qwen/Qwen3-8B --out my-model.yaml"),
    ),
    "export": (
        Example("The final adapter", "nerforge export runs/mine --out merged"),
        Example(
            "A checkpoint, checked on 50 prompts",
            "nerforge export runs/mine --checkpoint 200 --check 50 --out merged",
        ),
    ),
    "predict": (
        Example("A run's test split", "nerforge predict --run runs/mine --data data_power"),
        Example(
            "A server's model, 32 requests at a time",
            "nerforge predict --engine openai --url http://localhost:8000/v1 --model ner --concurrency 32 "
            "--data data_power --out answers.jsonl",
        ),
    ),
    "chat": (
        Example("Typed queries", "nerforge chat --run runs/mine"),
        Example(
            "A file of queries, a line of JSON each",
            "nerforge chat --run runs/mine --input queries.txt --json",
        ),
    ),
    "ground": (
        Example(
            "Show three answers that were mended",
            "nerforge ground answers.jsonl --gold data_power --show 3 --out grounded.jsonl",
        ),
    ),
    "baseline dictionary": (
        Example(
            "Names as training gold labels them",
            "nerforge baseline dictionary --data data_power --out dictionary.jsonl",
        ),
    ),
    "baseline crf": (
        Example("A CRF of training gold", "nerforge baseline crf --data data_power --out crf.jsonl"),
    ),
    "baseline gazetteer": (
        Example(
            "Names of the tables behind a data set",
            "nerforge baseline gazetteer --data data_power --out gazetteer.jsonl",
        ),
    ),
    "baseline majority": (
        Example(
            "The most frequent label, for classification",
            "nerforge baseline majority --data data_topics --out majority.jsonl",
        ),
    ),
    "score": (
        Example(
            "Figures, and five wrong samples",
            "nerforge score --gold data_power --pred answers.jsonl --errors 5 --out scores.json",
        ),
        Example(
            "A gate for CI: exit 3 below 0.8, or more than 0.01 below an earlier run",
            "nerforge score --gold data_power --pred answers.jsonl --fail-under 0.8 --baseline a.json "
            "--max-drop 0.01 --junit scores.xml",
        ),
        Example(
            "What the errors come from", "nerforge score --gold data_power --pred answers.jsonl --why --json"
        ),
    ),
    "sweep": (
        Example(
            "The earliest checkpoint that is as good as the best",
            "nerforge sweep runs/mine --data data_power --one-standard-error",
        ),
    ),
    "compare": (
        Example(
            "Two systems, and three sentences that changed each way",
            "nerforge compare a.json b.json --changed 3",
        ),
        Example("Any number, against one", "nerforge compare a.json b.json --baseline a.json --max-drop 0.5"),
    ),
    "report": (
        Example("Two systems side by side", "nerforge report b.json --against a.json --out report.html"),
        Example("A data set, before it is trained on", "nerforge report data_power --out data.html"),
        Example("To be passed on without texts", "nerforge report b.json --no-text --out figures.html"),
    ),
    "calibrate": (
        Example(
            "On dev, for a precision of 0.9",
            "nerforge calibrate --gold data_power --pred dev.jsonl --at-precision 0.9 --out calibration.json",
        ),
    ),
    "curve": (
        Example(
            "A CRF on growing parts, and what 2,400 more rows would give",
            "nerforge curve data_power --more 2400 --target 80 --out curve",
        ),
        Example(
            "Of your own adapters",
            "nerforge curve data_power --scored 250=a.jsonl --scored 1000=b.jsonl --scored 2000=c.json "
            "--out curve_lora",
        ),
    ),
    "board split": (
        Example("The public file", "nerforge board split ccfbdci --input ccfbdci.jsonl --out split_ccfbdci"),
        Example("A corpus of your own", "nerforge board split corpus --input my.conll --out split_mine"),
    ),
    "board add": (
        Example(
            "Predictions for a data set that is no known split",
            "nerforge board add answers.jsonl --data data_power --set power --model my-model --kind other",
        ),
    ),
    "board baselines": (
        Example("A dictionary and a CRF of each part", "nerforge board baselines data_power --set power"),
    ),
    "board check": (Example("Score all rows of a split anew", "nerforge board check split_ccfbdci"),),
    "board compare": (
        Example("Two rows, paired", "nerforge board compare ccfbdci dictionary-1000 crf-1000"),
    ),
    "board page": (Example("Both languages of the page", "nerforge board page --out docs"),),
}


def examples_of(path: str) -> tuple[Example, ...]:
    """Give the examples of a command, such as ``generate power``; of a group one of each of its commands."""
    return _OF.get(path) or tuple(found[0] for name, found in _OF.items() if name.startswith(f"{path} "))


def all_examples() -> list[Example]:
    """Give every example once."""
    return list({example.line: example for examples in _OF.values() for example in examples}.values())
