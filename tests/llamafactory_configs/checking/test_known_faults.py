"""Pairs of version and setting that are known to break: each is found, and its good neighbour is not."""

from importlib import metadata
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from nerforge.llamafactory_configs.checking import known_faults
from nerforge.llamafactory_configs.checking.arguments import Lookup
from nerforge.llamafactory_configs.checking.config_check import check_config
from nerforge.llamafactory_configs.checking.known_faults import KNOWN_FAULTS
from nerforge.llamafactory_configs.running.failures import explain

DOCS = Path(__file__).parents[3] / "docs"
FA2 = {"flash_attn": "fa2"}
LIGER = {"enable_liger_kernel": True, "template": "qwen3_nothink"}
QUANTISED = {"quantization_bit": 4}
GOOD = {"transformers": "5.5.4", "llamafactory": "0.9.5", "liger-kernel": "0.8.5", "bitsandbytes": "0.48.1"}

BROKEN: dict[str, tuple[dict[str, str], dict[str, Any], str]] = {
    "flash-attention-sinks": ({"transformers": "5.6.0"}, FA2, "flash_attn"),
    "transformers-withdrawn": ({"transformers": "4.57.0"}, {}, "transformers"),
    "liger-return-dict": ({"liger-kernel": "0.6.3"}, LIGER, "enable_liger_kernel"),
    "packing-positions": ({"llamafactory": "0.9.5"}, {"neat_packing": True, "cutoff_len": 500}, "cutoff_len"),
    "bitsandbytes-too-old": ({"bitsandbytes": "0.45.5"}, QUANTISED, "quantization_bit"),
    "flash-attention-too-old": ({"flash-attn": "2.2.0"}, FA2, "flash_attn"),
}
SILENT: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "the pinned transformers": ({}, FA2),
    "the mended transformers": ({"transformers": "5.6.2"}, FA2),
    "no flash attention": ({"transformers": "5.6.0"}, {"flash_attn": "sdpa"}),
    "mended liger": ({"liger-kernel": "0.6.4"}, LIGER),
    "liger without peft": ({"liger-kernel": "0.6.3"}, {**LIGER, "finetuning_type": "full"}),
    "liger on qwen2": ({"liger-kernel": "0.6.3"}, {**LIGER, "template": "qwen"}),
    "packs of whole eights": ({}, {"packing": True, "cutoff_len": 504}),
    "packs of the default length": ({}, {"neat_packing": True}),
    "rows apart": ({}, {"cutoff_len": 500}),
    "bitsandbytes of transformers 4": ({"transformers": "4.57.6", "bitsandbytes": "0.45.5"}, QUANTISED),
    "other quantisation": ({"bitsandbytes": "0.45.5"}, {**QUANTISED, "quantization_method": "hqq"}),
    "current flash-attn": ({"flash-attn": "2.8.3"}, FA2),
}


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Any:
    def set_versions(versions: dict[str, str]) -> None:
        found = {**GOOD, **versions}

        def version(package: str) -> str:
            if package not in found:
                raise PackageNotFoundError(package)
            return found[package]

        monkeypatch.setattr(metadata, "version", version)

    return set_versions


def _found(config: dict[str, Any]) -> list[Any]:
    return list(known_faults.known_faults(config))


def test_each_fault_of_the_table_is_tried_here() -> None:
    assert [fault.code for fault in KNOWN_FAULTS] == list(BROKEN)


@pytest.mark.parametrize("code", BROKEN)
def test_a_broken_pair_is_found_with_version_remedy_and_link(code: str, install: Any) -> None:
    versions, config, key = BROKEN[code]
    install(versions)
    (fault,) = [fault for fault in KNOWN_FAULTS if fault.code == code]
    (finding,) = _found(config)
    assert (finding.code, finding.place) == ("known-fault", key)
    for package, number in versions.items():
        assert f"{package} {number}" in finding.message
    assert finding.message.endswith(fault.message)
    assert finding.remedy == f"{fault.remedy} ({fault.links[0]})"


@pytest.mark.parametrize("case", SILENT)
def test_a_good_pair_is_passed_over(case: str, install: Any) -> None:
    versions, config = SILENT[case]
    install(versions)
    assert _found(config) == []


@pytest.mark.parametrize(("is_there", "severity"), [(True, "error"), (False, "warning")])
def test_flash_attention_breaks_only_where_it_is_installed(
    is_there: bool, severity: str, install: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    install({"transformers": "5.6.0"})
    monkeypatch.setattr(known_faults, "find_spec", lambda name: object() if is_there else None)
    (finding,) = _found(FA2)
    assert finding.severity == severity


def test_the_check_of_a_yaml_tells_known_faults(install: Any) -> None:
    install({"transformers": "5.6.0"})
    found = check_config(FA2, lookup=Lookup(None, "not asked"))
    assert [finding.place for finding in found if finding.code == "known-fault"] == ["flash_attn"]


TRACEBACKS = {
    "flash-attention-sinks": """\
[rank0]:   File "/env/transformers/models/qwen3/modeling_qwen3.py", line 277, in forward
[rank0]:     attn_output, attn_weights = attention_interface(
[rank0]:                                 ^^^^^^^^^^^^^^^^^^^^
[rank0]:   File "/env/transformers/integrations/flash_attention.py", line 84, in flash_attention_forward
[rank0]:     s_aux=s_aux.to(query.dtype),  # FA only accepts half precision
[rank0]:           ^^^^^^^^
[rank0]: AttributeError: 'NoneType' object has no attribute 'to'""",
    "liger-return-dict": """\
  File "/env/liger_kernel/transformers/model/loss_utils.py", line 22, in fixed_fused_linear_cross_entropy
    result = F.liger_fused_linear_cross_entropy(
TypeError: liger_fused_linear_cross_entropy() got an unexpected keyword argument 'return_dict'""",
    "packing-positions": """\
  File "/env/transformers/models/qwen3/modeling_qwen3.py", line 165, in apply_rotary_pos_emb
    q_embed = (q * cos) + (rotate_half(q) * sin)
               ~~^~~~~
RuntimeError: The size of tensor a (504) must match the size of tensor b (500) at dimension 2""",
}


@pytest.mark.parametrize("code", TRACEBACKS)
def test_a_traceback_of_a_known_fault_is_explained(code: str) -> None:
    (explanation,) = explain(TRACEBACKS[code].splitlines(), {}, 1)
    (fault,) = [fault for fault in KNOWN_FAULTS if fault.code == code]
    assert explanation.code == code
    assert explanation.text == f"{fault.title}: {fault.message}; {fault.remedy} ({fault.links[0]})"


def test_the_same_error_of_another_place_is_not_explained() -> None:
    lines = [
        '  File "/env/transformers/integrations/flash_attention.py", line 60, in flash_attention_forward',
        '  File "/env/torch/nn/modules/module.py", line 1794, in _call_impl',
        "AttributeError: 'NoneType' object has no attribute 'to'",
    ]
    assert explain(lines, {}, 1) == []


def test_an_older_transformers_is_told_its_name_of_a_recipes_key() -> None:
    from nerforge.llamafactory_configs.checking.arguments import Argument, KnownArguments

    lookup = Lookup(KnownArguments({"group_by_length": Argument(("bool",))}, (), {}))
    found = check_config({"train_sampling_strategy": "group_by_length"}, lookup=lookup)
    (finding,) = [finding for finding in found if finding.place == "train_sampling_strategy"]
    assert (finding.code, finding.remedy) == ("unknown-key", "did you mean group_by_length: true?")


@pytest.mark.parametrize("page", ["training.md", "training.zh-CN.md"])
def test_the_docs_list_every_known_fault(page: str) -> None:
    text = (DOCS / page).read_text(encoding="utf-8")
    missing = [
        part
        for fault in KNOWN_FAULTS
        for part in (*(f"`{p}{v}`" for p, v in fault.versions.items()), *fault.links)
        if part not in text
    ]
    assert missing == []
