"""Prompts as token ids, by LLaMA-Factory's own tokenizer and template: to the token what it trains on."""

import os
from pathlib import Path
from typing import Any

from nerforge.evaluation.engines import ModelSpec, Request
from nerforge.foundation.errors import UserError
from nerforge.foundation.hubs.hub_names import hub_environment, is_folder
from nerforge.foundation.llamafactory.environment import remove_overrides
from nerforge.foundation.phases import AT_ONCE, phase
from nerforge.foundation.run_folder.contents import ADAPTER_CONFIG, MODEL_CONFIG


class PromptEncoder:
    """The tokenizer and template of a model, without its weights."""

    def __init__(self, spec: ModelSpec) -> None:
        """Load tokenizer and template, fetching the model if it is a name on a hub.

        Raises:
            UserError: there is no such model or template.
        """
        require_folder("model", spec.model)
        remove_overrides()
        # Read when the two are imported; without them, every file that is opened is logged.
        os.environ.setdefault("LLAMAFACTORY_VERBOSITY", "WARN")
        os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
        os.environ.update(hub_environment(spec.hub))
        with phase("importing LLaMA-Factory", AT_ONCE):
            from llamafactory.data.template import get_template_and_fix_tokenizer
            from llamafactory.hparams import get_infer_args
            from llamafactory.model import load_config, load_tokenizer

        try:
            with phase(f"loading the tokenizer of {spec.model}"):
                model_args, data_args, _, _ = get_infer_args(loader_settings(spec))
                self.tokenizer: Any = load_tokenizer(model_args)["tokenizer"]
                self._template: Any = get_template_and_fix_tokenizer(self.tokenizer, data_args)
                config: Any = load_config(model_args)
        except (OSError, ValueError) as err:
            raise UserError(
                f"model {spec.model!r} was found neither as a folder nor on the hub, or its tokenizer cannot "
                f"be loaded: {causes(err)}"
            ) from err
        self.stop_ids: frozenset[int] = frozenset(self._template.get_stop_token_ids(self.tokenizer))
        self.empty_thought: str = self._empty_thought(spec)
        """What a model that may think was trained to write before its answer; empty for others."""
        self.model_folder: str = model_args.model_name_or_path
        """The model, or the folder that the hub's client put it into."""
        self.n_positions: int | None = getattr(config, "max_position_embeddings", None)
        """Tokens that the model was made for: prompt and answer."""

    def _empty_thought(self, spec: ModelSpec) -> str:
        from llamafactory.data.template import ReasoningTemplate

        # Where thinking is off, the thought is a part of the prompt.
        if spec.enable_thinking is False or not isinstance(self._template, ReasoningTemplate):
            return ""
        return str(self._template.add_thought())

    def encode(self, request: Request) -> list[int]:
        """Give the token ids of a request's prompt."""
        # encode_oneturn gives prompt and answer apart, and the prompt ends where the model is to go on.
        messages = [{"role": "user", "content": request.prompt}, {"role": "assistant", "content": ""}]
        prompt_ids, _ = self._template.encode_oneturn(self.tokenizer, messages, request.system)
        return list(prompt_ids)

    def decode(self, tokens: list[int]) -> str:
        """Give the text of an answer's tokens."""
        text: str = self.tokenizer.decode(tokens, skip_special_tokens=True)
        return text


def loader_settings(spec: ModelSpec) -> dict[str, Any]:
    """Give what LLaMA-Factory's loaders are told of a model, without its adapter."""
    return {
        "model_name_or_path": spec.model,
        "template": spec.template,
        "trust_remote_code": spec.trust_remote_code,
        "enable_thinking": spec.enable_thinking,
    }


def require_folder(kind: str, name: str) -> None:
    """Check that what can only be a folder is one of a model or of an adapter.

    Raises:
        UserError: it is not.
    """
    # A run's adapters lie below it, and a name on a hub seldom begins like a folder that is there; a model's
    # may, as qwen/ is a natural name for a folder of models.
    marker = MODEL_CONFIG if kind == "model" else ADAPTER_CONFIG
    is_below_a_run = kind == "adapter" and len(Path(name).parts) > 1 and Path(name).parent.is_dir()
    if (is_folder(name) or is_below_a_run) and not (Path(name) / marker).is_file():
        raise UserError(f"{kind} {name}: no such folder, or one without {marker}")


def causes(err: BaseException | None) -> str:
    """Join the first lines of an error and of what caused it, the cause last."""
    lines: dict[str, None] = {}
    while err is not None:
        lines[str(err).strip().partition("\n")[0]] = None
        err = err.__cause__ or err.__context__
    return " <- ".join(list(lines)[:3])
