import time
from pathlib import Path
from typing import Any

import pytest

from nerforge.generators.datasets.dataset import DatasetOptions
from nerforge.generators.slots.generate import SlotOptions
from nerforge.llamafactory_configs.checking import contradictions, surroundings
from nerforge.llamafactory_configs.checking.arguments import Argument, KnownArguments, Lookup, known_arguments
from nerforge.llamafactory_configs.checking.config_check import check_config
from nerforge.llamafactory_configs.checking.findings import Finding, has_errors
from nerforge.llamafactory_configs.layering.layer_files import load_layer
from tests.slot_sets import place_slots

TEXT, WHOLE, NUMBER, SWITCH = (Argument((kind,)) for kind in ("str", "int", "float", "bool"))
LOOKUP = Lookup(
    KnownArguments(
        {
            **dict.fromkeys(("model_name_or_path", "dataset", "dataset_dir", "output_dir"), TEXT),
            **dict.fromkeys(("do_train", "bf16", "fp16", "plot_loss"), SWITCH),
            "template": Argument(("none", "str")),
            "lora_rank": WHOLE,
            "learning_rate": NUMBER,
            "report_to": Argument(("list", "none", "str")),
            "finetuning_type": Argument(("str",), ("lora", "freeze", "full")),
            "eval_strategy": Argument(("str",), ("no", "steps", "epoch")),
            "train_sampling_strategy": Argument(("str",), ("random", "group_by_length")),
            "ray_init_kwargs": Argument(("dict", "none", "str")),
        },
        ("llama3", "qwen", "qwen3", "qwen3_nothink"),
        {"Qwen/Qwen2-1.5B-Instruct": "qwen", "Qwen/Qwen3-8B": "qwen3"},
    )
)
"""A small LLaMA-Factory, so that these tests need none."""
BASE = {
    "model_name_or_path": "m", "template": "qwen", "dataset": "ner", "output_dir": "run", "do_train": True,
}  # fmt: skip
GPU, CPU = (load_layer("hardware", name).machine for name in ("gpu_24gb", "cpu"))


def findings(keys: dict[str, Any], machine: Any = GPU, lookup: Lookup = LOOKUP) -> list[Finding]:
    return check_config({**BASE, **keys}, machine=machine, lookup=lookup)


def codes(keys: dict[str, Any], machine: Any = GPU, severity: str = "error") -> list[str]:
    """Give the codes of what is found with keys that this small LLaMA-Factory need not know."""
    found = findings(keys, machine)
    return [f.code for f in found if f.severity == severity and f.code != "unknown-key"]


def test_a_sound_config_has_no_findings() -> None:
    assert findings({}) == []


@pytest.mark.parametrize(
    ("key", "remedy"),
    [
        ("lora_rnak", "did you mean lora_rank?"),
        ("learning_rte", "did you mean learning_rate?"),
        ("group_by_length", "did you mean train_sampling_strategy: group_by_length?"),
        ("evaluation_strategy", "did you mean eval_strategy?"),
        ("max_seq_length", "did you mean cutoff_len?"),
        ("wholly_other", "remove it"),
    ],
)
def test_an_unknown_key_is_an_error_with_the_nearest_known_one(key: str, remedy: str) -> None:
    message = "LLaMA-Factory knows no such key"
    assert findings({key: 3}) == [Finding("unknown-key", "error", key, message, remedy)]


def test_a_key_that_is_no_text_is_an_error() -> None:
    assert [f.code for f in check_config({**BASE, 3: 4}, machine=GPU, lookup=LOOKUP)] == ["unknown-key"]  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("key", "value", "message", "remedy"),
    [
        ("learning_rate", "1e-4", "expected a number, found '1e-4'", "write it without quotes"),
        ("learning_rate", "fast", "expected a number, found 'fast'", "set it to such a value"),
        ("lora_rank", 8.5, "expected a whole number, found 8.5", "set it to such a value"),
        ("lora_rank", True, "expected a whole number, found True", "set it to such a value"),
        ("lora_rank", None, "expected a whole number, found None", "set it to such a value"),
        ("bf16", "true", "expected true or false, found 'true'", "write it without quotes"),
        ("bf16", 1, "expected true or false, found 1", "set it to such a value"),
        ("dataset", ["ner"], "expected a text, found ['ner']", "write the names in one text, with commas"),
        ("output_dir", 3, "expected a text, found 3", "write it in quotes"),
        ("finetuning_type", {}, "expected a text, found {}", "set it to such a value"),
    ],
)
def test_a_value_of_the_wrong_type_is_an_error(key: str, value: Any, message: str, remedy: str) -> None:
    (found,) = (f for f in findings({key: value}) if f.code == "wrong-type")
    assert (found.severity, found.place, found.message) == ("error", key, message)
    assert found.remedy.startswith(remedy)


def test_a_bare_no_of_yaml_is_told_apart() -> None:
    (found,) = findings({"eval_strategy": False})
    assert found.remedy == 'write eval_strategy: "no" with quotes, YAML reads a bare no as false'


@pytest.mark.parametrize(
    ("key", "value"),
    [("learning_rate", 1), ("template", "qwen"), ("report_to", ["none"]), ("report_to", "none"),
     ("report_to", None), ("ray_init_kwargs", {"a": 1}), ("eval_strategy", "no")],
)  # fmt: skip
def test_a_value_of_a_right_type_is_accepted(key: str, value: Any) -> None:
    assert findings({key: value}) == []


def test_a_value_that_is_no_choice_lists_them_and_the_nearest() -> None:
    (found,) = findings({"finetuning_type": "lorra"})
    assert str(found) == (
        "error: finetuning_type: expected one of lora, freeze, full; found 'lorra'; did you mean lora?"
    )


@pytest.mark.parametrize(
    ("model", "template", "code"),
    [
        ("m", "qwen4", "unknown-template"),
        ("Qwen/Qwen2-1.5B-Instruct", "llama3", "wrong-template"),
        ("/models/Qwen2-1.5B-Instruct/", "llama3", "wrong-template"),
        ("microsoft/phi-4", "qwen", "wrong-template"),
        ("Qwen/Qwen3-8B", "qwen3", None),
        ("Qwen/Qwen3-8B", "qwen3_nothink", None),
        ("qwen/qwen2-1.5b-instruct", "qwen", None),
        ("my/own", "llama3", None),
    ],
)
def test_the_template_must_be_the_models(model: str, template: str, code: str | None) -> None:
    assert codes({"model_name_or_path": model, "template": template}) == ([code] if code else [])


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"template": None}, "missing-key"),
        ({"do_train": False}, "nothing-trained"),
        ({"learning_rate": 0}, "not-positive"),
        ({"cutoff_len": -1}, "not-positive"),
        ({"bf16": True, "fp16": True}, "two-precisions"),
        ({"fp16": True, "use_cpu": True}, "16-bit-on-cpu"),
        ({"quantization_bit": 4, "finetuning_type": "full"}, "quantised-full"),
        ({"quantization_bit": 3}, "wrong-bits"),
        ({"quantization_bit": 4, "pissa_init": True}, "quantised-with"),
        ({"quantization_bit": 4, "use_cpu": True}, "quantised-on-cpu"),
        ({"finetuning_type": "full", "lora_rank": 8}, "lora-key"),
        ({"finetuning_type": "full", "use_dora": True}, "lora-key"),
        ({"use_galore": True}, "not-with-lora"),
        ({"packing": True, "neat_packing": True, "predict_with_generate": True, "eval_dataset": "ner"},
         "packing-predict"),
        ({"packing": False, "neat_packing": True}, "packing-off"),
        ({"neat_packing": True, "flash_attn": "fa2", "per_device_train_batch_size": 4}, "packing-batch"),
        ({"eval_strategy": "steps"}, "no-eval-data"),
        ({"do_predict": True, "predict_with_generate": True}, "no-eval-data"),
        ({"eval_dataset": "ner_dev", "val_size": 0.1}, "two-eval-data"),
        ({"do_predict": True, "val_size": 0.1}, "predict-nothing"),
        ({"load_best_model_at_end": True, "val_size": 0.1}, "best-model"),
        ({"early_stopping_steps": 3}, "early-stopping"),
        ({"streaming": True}, "streaming"),
        ({"deepspeed": "no_such.json"}, "no-deepspeed-file"),
    ],
)  # fmt: skip
def test_a_contradiction_is_an_error(keys: dict[str, Any], code: str) -> None:
    assert codes(keys) == [code]


@pytest.mark.parametrize(
    "keys",
    [
        {"bf16": True, "fp16": False},
        {"eval_strategy": "no"},
        {"eval_strategy": "steps", "eval_dataset": "ner_dev"},
        {"quantization_bit": 4, "finetuning_type": "lora"},
        {"neat_packing": True, "flash_attn": "fa2", "per_device_train_batch_size": 1},
        {"load_best_model_at_end": True, "eval_strategy": "epoch", "save_strategy": "epoch", "val_size": 0.1},
        {"streaming": True, "max_steps": 100},
        {"finetuning_type": "full", "lora_rank": None},
    ],
)
def test_what_goes_together_is_no_error(keys: dict[str, Any]) -> None:
    assert codes({**keys, "plot_loss": False}) in ([], ["wrong-type"])


@pytest.mark.parametrize(
    ("can_bf16", "expected"), [(True, []), (False, ["16-bit-on-cpu"])], ids=["done", "imitated"]
)
def test_bf16_is_for_a_cpu_that_multiplies_in_it(
    can_bf16: bool, expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contradictions, "multiplies_in_bf16", lambda: can_bf16)
    assert codes({"bf16": True, "use_cpu": True}) == expected
    assert codes({"bf16": True}, CPU) == expected


@pytest.mark.parametrize("key", ["fp16", "pure_bf16"])
def test_16_bits_for_a_cpu_are_an_error_and_for_a_gpu_are_not(key: str) -> None:
    assert codes({key: True}, CPU) == ["16-bit-on-cpu"]
    assert codes({key: True}, GPU) == []


def test_packing_alone_and_with_grouping_are_doubtful() -> None:
    keys = {"packing": True, "train_sampling_strategy": "group_by_length"}
    assert codes(keys, severity="warning") == ["packing-grouped", "packing-leaks"]


def test_everything_is_found_at_once_with_errors_first() -> None:
    keys = {
        "lora_rnak": 8, "learning_rate": "abc", "bf16": True, "fp16": True, "template": "qwne",
        "finetuning_type": "full", "lora_rank": 8, "eval_strategy": "steps", "trust_remote_code": True,
        "max_samples": 10,
    }  # fmt: skip
    found = findings(keys)
    assert {f.code for f in found if f.severity == "error"} == {
        *("unknown-key", "wrong-type", "two-precisions", "unknown-template", "lora-key", "no-eval-data"),
    }
    severities = [f.severity for f in found]
    assert severities == sorted(severities, key=("error", "warning", "note").index)
    assert has_errors(found)
    assert not has_errors([f for f in found if f.severity != "error"])


def test_what_is_found_names_the_file_and_the_key() -> None:
    (found,) = check_config({**BASE, "lora_rnak": 8}, place="train.yaml", machine=GPU, lookup=LOOKUP)
    assert found.place == "train.yaml: lora_rnak"
    assert str(found).startswith("error: train.yaml: lora_rnak: LLaMA-Factory knows no such key; did you")


def test_without_llamafactory_keys_are_said_to_be_unchecked_and_the_rest_is_checked() -> None:
    lookup = Lookup(None, "LLaMA-Factory is not installed")
    found = findings({"lora_rnak": 8, "bf16": True, "fp16": True}, lookup=lookup)
    assert [(f.code, f.severity) for f in found][:2] == [
        ("two-precisions", "error"),
        ("keys-unchecked", "note"),
    ]
    assert "keys and types were not checked: LLaMA-Factory is not installed" in str(found[1])


def test_a_missing_gpu_or_package_is_a_note_and_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "has_gpu", lambda: False)
    monkeypatch.setattr(surroundings, "find_spec", lambda package: None)
    zero2 = "llamafactory_configs/layers/deepspeed/zero2.json"
    keys = {
        "bf16": True, "use_swanlab": True, "quantization_bit": 4, "enable_liger_kernel": True,
        "deepspeed": str(Path(__file__).parents[3] / zero2), "report_to": "wandb", "flash_attn": "fa2",
    }  # fmt: skip
    assert codes(keys) == []
    notes = [f for f in findings(keys) if f.severity == "note"]
    packages = {f.place: f.remedy.split()[2] for f in notes if f.code == "missing-package"}
    assert packages == {
        "use_swanlab": "swanlab", "quantization_bit": "bitsandbytes", "enable_liger_kernel": "liger-kernel",
        "deepspeed": "deepspeed", "report_to": "wandb", "flash_attn": "flash-attn",
    }  # fmt: skip
    assert [f.place for f in notes if f.code == "no-gpu-here"] == ["bf16"]
    monkeypatch.setattr(surroundings, "has_gpu", lambda: True)
    assert "no-gpu-here" not in codes(keys, severity="note")


@pytest.mark.whole
def test_a_data_set_must_be_defined(tmp_path: Path) -> None:
    place_slots(SlotOptions(60), DatasetOptions(tmp_path / "data"))
    folder = {"dataset_dir": str(tmp_path / "data")}
    assert codes({**folder, "dataset": "ner, ner_test"}) == []
    (found,) = findings({**folder, "dataset": "ner,nre"})
    assert (found.code, found.place) == ("unknown-data-set", "dataset")
    assert found.remedy == "known: ner, ner_dev, ner_test"
    assert codes({"dataset_dir": str(tmp_path)}) == ["no-data"]


def test_a_secret_is_named_and_not_shown() -> None:
    found = findings({"swanlab_api_key": "sk-123"})
    assert [f.code for f in found if f.severity == "warning"] == ["secret"]
    assert "sk-123" not in "".join(map(str, found))


def test_max_samples_is_said_to_take_the_first_rows() -> None:
    assert codes({"max_samples": 10}, severity="note") == ["first-rows"]


REFUSED: list[dict[str, Any]] = [
    {"lora_rnak": 3}, {"bf16": True, "fp16": True}, {"finetuning_type": "full", "quantization_bit": 4},
    {"eval_strategy": "steps"}, {"optim": "nope"}, {"lr_scheduler_type": "nope"}, {"finetuning_type": "nope"},
    {"load_best_model_at_end": True}, {"val_size": 0.1, "eval_dataset": "ner_dev"}, {"streaming": True},
    {"do_predict": True}, {"save_strategy": "sometimes"}, {"quantization_bit": 4, "resize_vocab": True},
    {"group_by_length": True}, {"do_predict": True, "val_size": 0.1},
    {"quantization_bit": 4, "pissa_init": True},
    {"finetuning_type": "full", "use_dora": True}, {"streaming": True, "max_steps": 3, "val_size": 0.1},
]  # fmt: skip
"""Keys that its own parser refuses after seconds of imports."""
LET_THROUGH: list[dict[str, Any]] = [
    {"learning_rate": "1e-4x"}, {"template": "nope"}, {"flash_attn": "nope"}, {"learning_rate": -1.0},
    {"packing": False, "neat_packing": True}, {"dataset": "nre"}, {"finetuning_type": "full", "lora_rank": 8},
    {"lora_rank": "8"}, {"swanlab_mode": "nope"}, {"neat_packing": True, "flash_attn": "fa2"},
    {"stage": "sfft"}, {"early_stopping_steps": 3}, {"train_sampling_strategy": "by_length"},
]  # fmt: skip
"""Keys that its parser takes, and that fail or teach nothing once the model is loaded."""


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    pytest.importorskip("llamafactory", reason="needs the train extra")
    root = tmp_path_factory.mktemp("sound")
    place_slots(SlotOptions(60), DatasetOptions(root / "data"))
    places = {"dataset_dir": str(root / "data"), "output_dir": str(root / "run")}
    return {**BASE, **places, "stage": "sft", "report_to": "none", "finetuning_type": "lora"}


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("keys", [{}, *REFUSED, *LET_THROUGH], ids=str)
def test_our_check_refuses_what_llamafactory_refuses_and_more(
    keys: dict[str, Any], sound: dict[str, Any]
) -> None:
    from llamafactory.hparams import get_train_args

    config = {**sound, **keys}
    try:
        # The CPU, as far as its parser asks; a GPU for ours, which knows more of it.
        get_train_args({**config, "use_cpu": True})
        is_accepted = True
    except (ValueError, AssertionError, TypeError):
        is_accepted = False
    assert is_accepted == (keys not in REFUSED)
    assert has_errors(check_config(config, machine=GPU)) == bool(keys)


@pytest.mark.train
def test_a_check_with_the_arguments_at_hand_takes_no_time(sound: dict[str, Any]) -> None:
    known_arguments()
    begin = time.perf_counter()
    check_config(sound, machine=GPU)
    # It takes 0.02 s; an import of LLaMA-Factory takes 7 s.
    assert time.perf_counter() - begin < 2
