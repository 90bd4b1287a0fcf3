"""What MkDocs calls while it builds: anchors as on GitHub, and a language selector that stays on the page."""

import re
from typing import Any

_NAMES = {"en": "English", "zh": "中文"}
_MARK = "language:"
"""Stands for a place until the page is written; what has a scheme is left as it is."""
_DIALOG = 'data-md-component="search" role="dialog"'
"""To which the theme gives no name, without which screen readers cannot say what it is."""
_SEARCH = {"en": "Search", "zh": "搜索"}
_OTHER_SITE = {"en": "zh/", "zh": "../"}


def on_config(config: Any) -> Any:
    """Make anchors of headings as GitHub does, so that a link with one leads there on both."""
    config.mdx_configs["toc"]["slugify"] = _github_slug
    return config


def _github_slug(title: str, separator: str) -> str:
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", separator)


def on_page_context(context: Any, page: Any, config: Any, nav: Any) -> Any:
    """Let the selector lead to the same page of the other language."""
    config.extra["alternate"] = [
        {"name": name, "link": f"{_MARK}{language}", "lang": language} for language, name in _NAMES.items()
    ]
    return context


def on_post_page(output: str, page: Any, config: Any) -> str:
    """Put in the place of the other language's page, which MkDocs does not know: zh/ in the English site."""
    own, up = config.theme["language"], "../" * page.url.count("/")
    places = {own: f"{up}{page.url}", "zh" if own == "en" else "en": f"{up}{_OTHER_SITE[own]}{page.url}"}
    for language, place in places.items():
        output = output.replace(f'href="{_MARK}{language}"', f'href="{place}"')
    output = output.replace(_DIALOG, f'{_DIALOG} aria-label="{_SEARCH[own]}"')
    # A script would look for a sitemap beside each of them.
    return re.sub(r'<link rel="alternate"[^>]*>', "", output)
