import re
from typing import Any

import pytest

from nerforge.foundation.processes.error_lines import error_lines
from nerforge.llamafactory_configs.running.failures import RULES, explain

LINES = {
    "gpu-memory": (
        "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity "
        "of 23.64 GiB of which 1.02 GiB is free."
    ),
    "main-memory": (
        "RuntimeError: [enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate "
        "memory: you tried to allocate 400000000000 bytes. Error code 12 (Cannot allocate memory)"
    ),
    "disk": "OSError: [Errno 28] No space left on device: 'runs/x/checkpoint-100/optimizer.pt'",
    "missing-package": (
        "importlib.metadata.PackageNotFoundError: No package metadata was found for The 'jieba' distribution "
        "was not found and is required by this application. "
    ),
    "package-version": (
        "ImportError: transformers>=4.55.0,<=5.6.0 is required for a normal functioning of this module, but "
        "found transformers==5.9.0."
    ),
    "bitsandbytes": (
        "ImportError: Using `bitsandbytes` 4-bit quantization requires bitsandbytes: "
        "`pip install -U bitsandbytes>=0.46.1`"
    ),
    "flash-attention": (
        "ImportError: FlashAttention2 has been toggled on, but it cannot be used due to the following error: "
        "the package flash_attn seems to be not installed."
    ),
    "missing-module": "ModuleNotFoundError: No module named 'swanlab'",
    "no-login": (
        "RuntimeError: Failed to initialize SwanLab in online mode: no API key was provided, and interactive "
        "prompts are disabled."
    ),
    "swanboard": "ImportError: Please install swanboard to use 'local' mode: pip install swanlab",
    "swanlab-variable": (
        'pydantic_settings.exceptions.SettingsError: error parsing value for field "project" from source '
        '"_QuoteAwareEnvSettingsSource"'
    ),
    "mlflow-files": (
        "mlflow.exceptions.MlflowException: The filesystem tracking backend (e.g., './mlruns') is in "
        "maintenance mode and will not receive further updates."
    ),
    "unknown-key": "ValueError: Some keys are not used by the HfArgumentParser: ['lora_rnak']",
    "unknown-data-set": "ValueError: Undefined dataset nre in dataset_info.json.",
    "no-data-info": (
        "ValueError: Cannot open data/dataset_info.json due to [Errno 2] No such file or directory: "
        "'data/dataset_info.json'."
    ),
    "no-file": "ValueError: File data/ner.json not found.",
    "no-rows": "RuntimeError: Cannot find valid samples, check `data/README.md` for the data format.",
    "unknown-template": "ValueError: Template qwen9 does not exist.",
    "bf16": (
        "ValueError: Your setup doesn't support bf16/gpu. You need to assign use_cpu if you want to train "
        "the model on CPU."
    ),
    "gated": "OSError: You are trying to access a gated repo.",
    "remote-code": "Please pass the argument `trust_remote_code=True` to allow custom code to be run.",
    "broken-weights": (
        "safetensors_rust.SafetensorError: Error while deserializing header: incomplete metadata, file not "
        "fully covered"
    ),
    "no-model": "OSError: Failed to load tokenizer.",
    "target-modules": (
        "ValueError: Target modules {'q_porj'} not found in the base model. Please check the target modules "
        "and try again."
    ),
    "other-adapter": (
        "	size mismatch for base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight: "
        "copying a param with shape torch.Size([8, 192]) from checkpoint"
    ),
    "fp16-gradients": "ValueError: Attempting to unscale FP16 gradients.",
    "nccl": (
        "[rank0]:[E1123 12:00:00.0 ProcessGroupNCCL.cpp:685] [Rank 0] Watchdog caught collective operation "
        "timeout: WorkNCCL(SeqNum=12, OpType=ALLREDUCE, NumelIn=1, NumelOut=1, Timeout(ms)=1800000)"
    ),
    "port": (
        "torch.distributed.DistNetworkError: The server socket has failed to listen on any local network "
        "address. port: 29500, useIpv6: false, code: -98, name: EADDRINUSE, message: address already in use"
    ),
    "rendezvous": (
        "torch.distributed.DistNetworkError: The client socket has timed out after 60000ms while trying to "
        "connect to (10.0.0.1, 29500)."
    ),
    "ray-devices": (
        "ValueError: The number of devices in the Ray cluster (1) should be greater than num_workers (2)."
    ),
    "old-gpu": (
        "torch.AcceleratorError: CUDA error: no kernel image is available for execution on the device"
    ),
    "device-assert": "torch.AcceleratorError: CUDA error: device-side assert triggered",
    "not-a-number": "{'loss': nan, 'grad_norm': nan, 'learning_rate': 0.0001, 'epoch': 0.1}",
    "taken-folder": (
        "ValueError: Output directory already exists and is not empty. Please set `overwrite_output_dir`."
    ),
    "cuda-compiler": (
        "OSError: CUDA_HOME environment variable is not set. Please set it to your CUDA install root."
    ),
    "offline": "httpx.ConnectError: [Errno -2] Name or service not known",
}
"""A line of each kind as LLaMA-Factory, torch or a hub's library prints it."""

SAID = {
    "gpu-memory": "per_device_train_batch_size=2 gradient_accumulation_steps=8",
    "main-memory": "preprocessing_num_workers=1",
    "disk": "save_total_limit=2",
    "missing-package": "pip install jieba",
    "package-version": "found transformers==5.9.0",
    "bitsandbytes": "pip install -U bitsandbytes",
    "flash-attention": "flash_attn=sdpa",
    "missing-module": "package of swanlab is missing",
    "no-login": "swanlab_mode=local or WANDB_MODE=offline",
    "swanboard": "pip install 'nerforge[swanlab]'",
    "swanlab-variable": "unset it",
    "mlflow-files": "MLFLOW_ALLOW_FILE_STORE=true",
    "unknown-key": "['lora_rnak']",
    "unknown-data-set": "dataset names 'nre'",
    "no-data-info": "data/dataset_info.json cannot be read",
    "no-file": "data/ner.json is missing",
    "no-rows": "no row of the data set was left",
    "unknown-template": "'qwen9'",
    "bf16": "bf16=false",
    "gated": "hf auth login",
    "remote-code": "trust_remote_code=true",
    "broken-weights": "nerforge fetch-model",
    "no-model": "model 'some/model' was found neither",
    "target-modules": "lora_target=all",
    "other-adapter": "another lora_rank",
    "fp16-gradients": "bf16=true",
    "nccl": "NCCL_DEBUG=INFO",
    "port": "MASTER_PORT",
    "rendezvous": "MASTER_ADDR",
    "ray-devices": "1 devices and ray_num_workers asks for 2",
    "old-gpu": "install the torch",
    "device-assert": "CUDA_LAUNCH_BLOCKING=1",
    "not-a-number": "smaller learning_rate",
    "taken-folder": "--overwrite",
    "cuda-compiler": "finds no fitting CUDA toolkit",
    "offline": "the hub cannot be reached",
}
CONFIG: dict[str, Any] = {
    "model_name_or_path": "some/model",
    "per_device_train_batch_size": 4,
    "gradient_accumulation_steps": 4,
    "cutoff_len": 1024,
}


def test_every_rule_has_a_line_and_what_is_said_of_it() -> None:
    codes = [rule.code for rule in RULES]
    assert len(codes) == len(set(codes)) > 25
    assert set(codes) == set(LINES) == set(SAID)


@pytest.mark.parametrize("code", LINES)
def test_a_common_error_is_explained_with_what_to_do(code: str) -> None:
    explanations = explain(["loading", LINES[code], "bye"], CONFIG, 1)
    assert explanations[0].code == code
    assert SAID[code] in explanations[0].text


@pytest.mark.parametrize(
    "code", sorted(set(LINES) - {"remote-code", "other-adapter", "nccl", "not-a-number"})
)
def test_an_error_line_is_found_in_a_log(code: str) -> None:
    log = ["[INFO] loading", "Traceback (most recent call last):", '  File "a.py", line 1', LINES[code]]
    assert error_lines(log) == [LINES[code].strip()]


@pytest.mark.parametrize(
    ("config", "said", "not_said"),
    [
        ({"per_device_train_batch_size": 1}, "cutoff_len=1024", "per_device_train_batch_size"),
        ({"disable_gradient_checkpointing": True}, "disable_gradient_checkpointing=false", "ZeRO-3"),
        ({"quantization_bit": 4}, "flash_attn=fa2", "quantization_bit=4"),
        ({"finetuning_type": "full"}, "ZeRO-3", "quantization_bit=4"),
        (
            {"per_device_train_batch_size": 3, "gradient_accumulation_steps": 2},
            "per_device_train_batch_size=1 gradient_accumulation_steps=6",
            "ZeRO-3",
        ),
    ],
    ids=["batch-of-one", "checkpointing", "quantised", "full", "odd"],
)
def test_only_what_still_helps_against_a_full_gpu_is_said(
    config: dict[str, Any], said: str, not_said: str
) -> None:
    [explanation] = explain([LINES["gpu-memory"]], config, 1)
    assert said in explanation.text
    assert not_said not in explanation.text


def test_a_cause_is_said_without_what_follows_from_it() -> None:
    lines = [LINES["offline"], LINES["no-model"]]
    assert [found.code for found in explain(lines, CONFIG, 1)] == ["offline"]
    lines = [LINES["gpu-memory"], LINES["nccl"]]
    assert [found.code for found in explain(lines, CONFIG, 1)] == ["gpu-memory"]


@pytest.mark.parametrize(("exit_code", "code"), [(137, "killed"), (139, "crashed"), (127, "no-cli")])
def test_an_exit_code_is_explained_where_no_line_is(exit_code: int, code: str) -> None:
    assert [found.code for found in explain(["loading"], CONFIG, exit_code)] == [code]
    assert explain([LINES["disk"]], CONFIG, exit_code)[0].code == "disk"


def test_a_tracebacks_source_is_not_taken_for_the_error() -> None:
    log = """\
[rank1]: Traceback (most recent call last):
[rank1]:   File "hf_argparser.py", line 9, in parse_dict
[rank1]:     raise ValueError(f"Some keys are not used by the HfArgumentParser: {sorted(unused_keys)}")
[rank1]: ValueError: Some keys are not used by the HfArgumentParser: ['lora_rnak']"""
    [explanation] = explain(log.splitlines(), CONFIG, 1)
    assert explanation.text.startswith("LLaMA-Factory knows no such key: ['lora_rnak']")


def test_an_unknown_error_is_not_explained() -> None:
    assert explain(["ValueError: never seen before"], CONFIG, 1) == []


@pytest.mark.train
@pytest.mark.filterwarnings("ignore")
def test_lines_that_installed_packages_raise_are_the_lines_of_the_rules() -> None:
    misc = pytest.importorskip("llamafactory.extras.misc", reason="needs the train extra")
    with pytest.raises(ImportError) as caught:
        misc.check_version("no-such-package", mandatory=True)
    assert explain(str(caught.value).splitlines(), CONFIG, 1)[0].text == (
        "the package no-such-package is missing, which a key of the YAML needs; run: pip install "
        "no-such-package"
    )
    with pytest.raises(ImportError) as caught:
        misc.check_version("peft>=99", mandatory=True)
    assert re.match(
        "LLaMA-Factory wants peft>=99", explain(str(caught.value).splitlines(), CONFIG, 1)[0].text
    )
