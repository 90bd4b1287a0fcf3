"""The model hubs that LLaMA-Factory knows, and what is a folder in place of a name on one."""

from pathlib import Path

HUBS = ("huggingface", "modelscope")


def hub_environment(hub: str | None) -> dict[str, str]:
    """Give the environment variables that make LLaMA-Factory use a hub; none for None."""
    return {} if hub is None else {"USE_MODELSCOPE_HUB": "1" if hub == "modelscope" else "0"}


def is_folder(name: str) -> bool:
    """Tell whether a model's name can only be a folder: names on a hub have at most one slash."""
    path = Path(name)
    return path.is_absolute() or name.startswith(".") or len(path.parts) > 2 or path.exists()
