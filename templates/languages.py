"""The languages in which a model is asked, and what an answer says in each of them."""

from nerforge.foundation.errors import unknown_name

LANGUAGES = ("zh", "en")
"""Chinese, English; the first is spoken unless another is asked for."""
EMPTY_SENTENCES = {"zh": "没有找到任何实体", "en": "No entities found"}
"""The answer for a sentence without entities, in the formats that do not repeat the sentence."""


def check_language(name: str) -> str:
    """Pass on the name of a language.

    Raises:
        UsageError: it is not one that we speak.
    """
    if name not in LANGUAGES:
        raise unknown_name("language", name, LANGUAGES)
    return name
