"""What MkDocs calls while it builds: anchors as on GitHub, and a language selector that stays on the page."""

import re
from typing import Any

_NAMES = {"en": "English", "zh": "中文"}


def on_config(config: Any) -> Any:
    """Make anchors of headings as GitHub does, so that a link with one leads there on both."""
    config.mdx_configs["toc"]["slugify"] = _github_slug
    return config


def _github_slug(title: str, separator: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", separator)


def on_page_context(context: Any, page: Any, config: Any, nav: Any) -> Any:
    """Let the selector lead to the same page of the other language, which lies in zh/ of the English site."""
    own = config.theme["language"]
    places = (
        {"en": f"../{page.url}", "zh": page.url} if own == "zh" else {"en": page.url, "zh": f"zh/{page.url}"}
    )
    config.extra["alternate"] = [
        {"name": name, "link": places[language], "lang": language} for language, name in _NAMES.items()
    ]
    return context
