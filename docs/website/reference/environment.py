"""Environment variables: those that are read, removed and refused."""

from docs.website.markdown import code, prose, table
from docs.website.pages import PageTree
from docs.website.words import words_of
from nerforge.foundation.environment_variables import VARIABLES
from nerforge.foundation.llamafactory.environment import REFUSED, REMOVED, REMOVED_PREFIXES


def write_environment(tree: PageTree) -> None:
    """Write the page."""
    words = words_of("environment", tree.language)
    parts = [f"# {words['title']}\n", f"{words['intro']}\n"]
    for group in ("nerforge", "hubs", "launching", "trackers"):
        rows = [
            (code(x.name), prose(x.zh if tree.language == "zh" else x.meaning))
            for x in VARIABLES
            if x.group == group
        ]
        parts += [f"## {words[group]}\n", table(words["head"], rows)]
    removed = {**REMOVED} | {f"{prefix}*": why for prefix, why in REMOVED_PREFIXES.items()}
    for name, told in (("removed", removed), ("refused", REFUSED)):
        rows = [(code(variable), prose(why)) for variable, why in told.items()]
        parts += [f"## {words[name]}\n", table(words["what"], rows)]
    tree.add("reference/environment.md", "\n".join(parts))
