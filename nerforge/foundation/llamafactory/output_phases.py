"""What llamafactory-cli is doing, by the lines that it prints before its first step."""

import re

STARTING = "starting llamafactory-cli"
_PHASES = (
    (re.compile(r"Running training|Running [Pp]rediction|Running [Ee]valuation"), "running"),
    (
        re.compile(r"Loading checkpoint shards|[Ll]oading weights|model\.safetensors|trainable params"),
        "loading weights",
    ),
    (re.compile(r"Running tokenizer|training example:|eval example:"), "tokenising the data"),
    (re.compile(r"Converting format|Loading dataset|Generating \w+ split"), "reading the data"),
    (re.compile(r"tokenizer\.json|vocab\.json|Loading tokenizer|loading file "), "loading the tokenizer"),
    (re.compile(r"Downloading|Fetching \d+ files"), "downloading"),
)


def phase_of(line: str) -> str | None:
    """Name the phase that a line of llamafactory-cli's output begins; None for a line that tells nothing."""
    return next((name for pattern, name in _PHASES if pattern.search(line)), None)
