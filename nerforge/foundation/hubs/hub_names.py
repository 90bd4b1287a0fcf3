"""The model hubs that LLaMA-Factory knows, and how a folder is told from a name on one."""

from pathlib import Path

HUBS = ("huggingface", "modelscope")


def hub_environment(hub: str | None) -> dict[str, str]:
    """Give the environment variables that make LLaMA-Factory use a hub; none for None."""
    return {} if hub is None else {"USE_MODELSCOPE_HUB": "1" if hub == "modelscope" else "0"}


def is_folder(name: str) -> bool:
    """Tell whether a model's name can only be a folder: names on a hub have at most one slash."""
    # "qwen" is a folder only if it is there; "./qwen" and "models/qwen/base" can be nothing else.
    path = Path(name)
    return path.is_absolute() or name.startswith(".") or len(path.parts) > 2 or path.exists()
