"""What the tools for annotators need beside the tasks: the labels, and how they are shown."""

import json
from collections.abc import Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

COLOURS = (
    "#1f77b4", "#d62728", "#2ca02c", "#9467bd", "#ff7f0e", "#17becf",
    "#e377c2", "#8c564b", "#bcbd22", "#7f7f7f", "#393b79", "#ad494a",
)  # fmt: skip
"""Of labels, in turn; each is dark enough for white words and light enough for a mark behind black ones."""
QUESTION, FIELD = "entities", "text"
"""What Argilla calls the spans, and the text that they are of."""
_KEYS = "123456789abcdefghijklmnopqrstuvwxyz"


def label_studio_interface(labels: Sequence[str]) -> str:
    """Write the labelling interface of Label Studio: spans of a plain text, which may lie in one another."""
    lines = "".join(
        f"    <Label value={quoteattr(label)} background={quoteattr(_colour(number))}/>\n"
        for number, label in enumerate(labels)
    )
    return (
        "<View>\n"
        f'  <Labels name="label" toName="text">\n{lines}  </Labels>\n'
        '  <Text name="text" value="$text" granularity="symbol"/>\n'
        "</View>\n"
    )


def doccano_labels(labels: Sequence[str]) -> str:
    """Write the labels that doccano imports under "Labels", with a key for each as long as there are any."""
    rows = [
        {
            "text": label,
            "prefix_key": None,
            "suffix_key": _KEYS[number] if number < len(_KEYS) else None,
            "background_color": _colour(number),
            "text_color": "#ffffff",
        }
        for number, label in enumerate(labels)
    ]
    return json.dumps(rows, ensure_ascii=False, indent=2) + "\n"


def argilla_settings(labels: Sequence[str]) -> dict[str, Any]:
    """Give what ``rg.Settings.from_json`` reads: a text and a question for its spans.

    https://docs.argilla.io/latest/reference/argilla/settings/questions/#span-question
    """
    options = [{"value": label, "text": label, "description": None} for label in labels]
    spans = {
        "type": "span",
        "field": FIELD,
        # Nested entities are such.
        "allow_overlapping": True,
        "visible_options": None if len(labels) < 3 else len(labels),
        "options": options,
    }
    return {
        "guidelines": None,
        "allow_extra_metadata": True,
        "distribution": {"strategy": "overlap", "min_submitted": 1},
        "fields": [
            {
                "name": FIELD,
                "title": FIELD,
                "required": True,
                "settings": {"type": "text", "use_markdown": False},
            }
        ],
        # Not required: a sentence without entities is submitted with none.
        "questions": [{"name": QUESTION, "title": QUESTION, "required": False, "settings": spans}],
        "vectors": [],
        "metadata": [],
    }


def _colour(number: int) -> str:
    return COLOURS[number % len(COLOURS)]
