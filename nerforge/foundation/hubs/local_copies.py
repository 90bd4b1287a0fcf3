"""Where a model's files lie on this machine: a folder, or a hub's cache. Nothing is downloaded here."""

import os
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "tokenizer.model")


def find_tokenizer(model: str) -> Path | None:
    """Find the folder of a model's tokenizer; None where it is not on this machine."""
    return find_local(model, TOKENIZER_FILES)


def find_local(model: str, names: Sequence[str]) -> Path | None:
    """Find a model's folder: the one of this name, or one in a hub's cache that holds one of some files."""
    if Path(model).is_dir():
        return Path(model)
    cache = Path(os.environ.get("MODELSCOPE_CACHE") or Path.home() / ".cache" / "modelscope" / "hub")
    # ModelScope's versions lay the same model in three ways; one writes Qwen2___5-7B for Qwen2.5-7B.
    for folder in (cache / "models" / model, cache / model, cache / "models" / model.replace(".", "___")):
        if any((folder / name).is_file() for name in names):
            return folder
    return _find_in_hugging_face_cache(model, names)


def _find_in_hugging_face_cache(model: str, names: Sequence[str]) -> Path | None:
    if find_spec("huggingface_hub") is None:
        return None
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    for name in names:
        try:
            found = try_to_load_from_cache(model, name)
        except HFValidationError:
            return None
        if isinstance(found, str):
            return Path(found).parent
    return None
