"""The model hubs that LLaMA-Factory knows."""

HUBS = ("huggingface", "modelscope")


def hub_environment(hub: str | None) -> dict[str, str]:
    """Give the environment variables that make LLaMA-Factory use a hub; none for None."""
    return {} if hub is None else {"USE_MODELSCOPE_HUB": "1" if hub == "modelscope" else "0"}
