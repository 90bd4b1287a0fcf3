"""Rules over several keys of a training YAML: contradictions, missing keys, keys without effect."""

from collections.abc import Callable, Iterator
from pathlib import Path

from nerforge.foundation.llamafactory.config_types import Config
from nerforge.foundation.processor_flags import multiplies_in_bf16
from nerforge.llamafactory_configs.checking.findings import Finding
from nerforge.llamafactory_configs.layering.layer_files import Machine

Rule = Callable[[Config, Machine | None], Iterator[Finding]]

_REQUIRED = {
    "model_name_or_path": "name the model",
    "template": "name the model's chat template; without one LLaMA-Factory guesses",
    "dataset": "name the data set",
    "output_dir": "name the run's folder",
}
_POSITIVE = (
    *("cutoff_len", "per_device_train_batch_size", "gradient_accumulation_steps", "lora_rank"),
    *("learning_rate", "num_train_epochs", "max_samples", "logging_steps", "save_steps"),
)
_LORA_ONLY = ("lora_rank", "lora_alpha", "lora_dropout", "lora_target")
_LORA_SWITCHES = ("loraplus_lr_ratio", "use_dora", "use_rslora", "pissa_init")


def error(code: str, place: str, message: str, remedy: str) -> Finding:
    """Make an error about a key."""
    return Finding(code, "error", place, message, remedy)


def is_on(config: Config, key: str) -> bool:
    """Tell whether a switch or strategy is set; bare ``no`` of YAML is false."""
    return config.get(key) not in (None, False, "no", "none", 0)


def method(config: Config) -> str:
    """Give the way of training; LLaMA-Factory's default is LoRA."""
    return str(config.get("finetuning_type", "lora"))


def required_keys(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find keys that must be there."""
    for key, remedy in _REQUIRED.items():
        if not config.get(key):
            yield error("missing-key", key, "is missing", remedy)
    if not config.get("do_train"):
        yield error(
            "nothing-trained", "do_train", "is not true, so nothing would be trained", "set it to true"
        )


def positive_numbers(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find numbers that must be more than 0."""
    for key in _POSITIVE:
        value = config.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and not value > 0:
            yield error("not-positive", key, f"expected more than 0, found {value}", "set it, or remove it")


def precision(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find number formats that exclude each other, or that a CPU cannot use."""
    chosen = [key for key in ("bf16", "fp16", "pure_bf16") if config.get(key) is True]
    if len(chosen) > 1:
        yield error("two-precisions", ", ".join(chosen), "exclude each other", f"keep {chosen[0]} only")
    # Without a machine nothing is known of devices: the YAML may be meant for another one than this.
    is_cpu = config.get("use_cpu") is True or (machine is not None and not machine.has_gpu)
    for key in chosen if is_cpu else ():
        if key == "bf16" and multiplies_in_bf16():
            continue
        message = (
            "is on, but the training is for a CPU without such instructions: many times slower, or refused"
        )
        yield error("16-bit-on-cpu", key, message, f"set {key}: false")
    if is_cpu and config.get("quantization_bit") is not None:
        yield error(
            "quantised-on-cpu", "quantization_bit", "needs a GPU, the training is for a CPU", "remove it"
        )


def quantisation(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find what cannot be done over quantised weights."""
    bits = config.get("quantization_bit")
    if bits is None:
        return
    if method(config) not in ("lora", "oft"):
        message = f"quantised weights cannot be trained, but finetuning_type is {method(config)}"
        yield error("quantised-full", "quantization_bit", message, "remove it, or set finetuning_type: lora")
    if bits not in (4, 8) and config.get("quantization_method", "bnb") == "bnb":
        yield error("wrong-bits", "quantization_bit", f"bitsandbytes knows 4 and 8, found {bits!r}", "set 4")
    for key in ("pissa_init", "resize_vocab", "fp8"):
        if config.get(key) is True:
            yield error("quantised-with", key, "does not go with quantization_bit", "remove one of the two")
    if config.get("quantization_device_map") == "auto":
        key = "quantization_device_map"
        yield error("quantised-with", key, "is for prediction, not for training", "remove it")
    if "zero3" in str(config.get("deepspeed", "")) and bits != 4:
        yield error("quantised-with", "deepspeed", "ZeRO-3 goes with 4 bits only", "set quantization_bit: 4")


def lora_keys(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find LoRA's keys beside another way of training, and the reverse."""
    if method(config) != "lora":
        keys = [key for key in _LORA_ONLY if config.get(key) is not None]
        keys += [key for key in _LORA_SWITCHES if config.get(key)]
        for key in keys:
            message = f"belongs to LoRA, but finetuning_type is {method(config)}"
            yield error("lora-key", key, message, "remove it, or set finetuning_type: lora")
        return
    for key in ("use_galore", "use_apollo", "use_badam"):
        if config.get(key) is True:
            yield error("not-with-lora", key, "does not go with finetuning_type: lora", "remove it")


def packing(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find packing beside what needs rows apart."""
    packed = [key for key in ("packing", "neat_packing") if config.get(key) is True]
    if not packed:
        return
    if config.get("predict_with_generate") is True:
        message = "packs rows together, predict_with_generate needs them apart"
        yield error("packing-predict", packed[0], message, "remove one of the two")
    if config.get("train_sampling_strategy") == "group_by_length":
        message = "fills every row to cutoff_len, so there are no lengths to group by"
        yield Finding("packing-grouped", "warning", packed[0], message, "keep one of the two")
    if packed == ["packing"]:
        message = "rows in one pack see each other, so an answer may be copied from a neighbour"
        yield Finding("packing-leaks", "warning", "packing", message, "set neat_packing: true")
    if "neat_packing" in packed and config.get("flash_attn") == "fa2":
        if config.get("per_device_train_batch_size", 8) != 1:
            message = "FlashAttention 2 takes one pack at a time when neat_packing is on"
            remedy = "set it to 1, and gradient_accumulation_steps to the effective batch"
            yield error("packing-batch", "per_device_train_batch_size", message, remedy)
    if config.get("packing") is False:
        yield error(
            "packing-off", "neat_packing", "turns packing on, but packing is false", "remove one of them"
        )


def evaluation(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find evaluation without data, and what needs an evaluation."""
    asking = [key for key in ("do_eval", "do_predict", "predict_with_generate") if config.get(key) is True]
    asking += [key for key in ("eval_strategy", "load_best_model_at_end") if is_on(config, key)]
    has_data = is_on(config, "eval_dataset") or is_on(config, "val_size")
    if asking and not has_data:
        message = "asks for an evaluation, but neither eval_dataset nor val_size gives it data"
        yield error("no-eval-data", asking[0], message, "set eval_dataset: ner_dev, or remove it")
    if is_on(config, "eval_dataset") and is_on(config, "val_size"):
        yield error("two-eval-data", "val_size", "does not go with eval_dataset", "remove one of the two")
    if config.get("do_predict") is True and config.get("predict_with_generate") is not True:
        yield error(
            "predict-nothing", "do_predict", "needs predict_with_generate: true", "set it, or remove it"
        )
    if config.get("compute_accuracy") is True and config.get("predict_with_generate") is True:
        message = "does not go with predict_with_generate"
        yield error("accuracy-predict", "compute_accuracy", message, "remove one of the two")
    yield from _best_model(config)


def _best_model(config: Config) -> Iterator[Finding]:
    wants_best = is_on(config, "load_best_model_at_end")
    if wants_best and config.get("save_strategy", "steps") not in (config.get("eval_strategy", "no"), "best"):
        message = "needs the same eval_strategy and save_strategy"
        yield error("best-model", "load_best_model_at_end", message, "set both to steps, or both to epoch")
    if is_on(config, "early_stopping_steps") and not wants_best:
        message = "needs load_best_model_at_end: true and an eval_strategy"
        yield error("early-stopping", "early_stopping_steps", message, "set them, or remove it")


def streaming(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find what a stream of rows cannot give."""
    if config.get("streaming") is not True:
        return
    if config.get("max_steps", -1) == -1:
        yield error("streaming", "max_steps", "streaming has no end", "set max_steps")
    if config.get("max_samples") is not None:
        yield error("streaming", "max_samples", "does not go with streaming", "set max_steps in its place")
    share = config.get("val_size")
    if isinstance(share, float) and 0 < share < 1:
        yield error("streaming", "val_size", "a stream has no shares", "set it to a number of rows")


def deepspeed(config: Config, machine: Machine | None) -> Iterator[Finding]:
    """Find what DeepSpeed does not go with, and a missing file of it."""
    setting = config.get("deepspeed")
    if not setting:
        return
    if isinstance(setting, str) and not Path(setting).is_file():
        yield error(
            "no-deepspeed-file", "deepspeed", f"{setting}: no such file", "use --hardware multi_gpu_zero2"
        )
    for key in ("use_galore", "use_apollo"):
        if config.get(key) is True:
            yield error("not-with-deepspeed", key, "does not go with deepspeed", "remove one of the two")
    for key in ("predict_with_generate", "pure_bf16", "pissa_init", "use_unsloth"):
        if "zero3" in str(setting) and config.get(key) is True:
            yield error(
                "not-with-zero3", key, "does not go with DeepSpeed ZeRO-3", "use ZeRO-2, or remove it"
            )
    if config.get("use_cpu") is True or (machine is not None and not machine.has_gpu):
        yield error("not-with-deepspeed", "deepspeed", "the training is for a CPU", "remove it")


RULES: tuple[Rule, ...] = (
    *(required_keys, positive_numbers, precision, quantisation, lora_keys, packing, evaluation),
    *(streaming, deepspeed),
)
