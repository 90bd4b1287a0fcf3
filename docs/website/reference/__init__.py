"""Reference pages made from the program, so that they cannot fall behind it."""

from docs.website.pages import PageTree
from docs.website.reference.codes import write_codes
from docs.website.reference.commands import write_commands
from docs.website.reference.environment import write_environment
from docs.website.reference.python_names import write_python
from docs.website.reference.recipes import write_recipes
from docs.website.reference.schemas import write_schemas


def add_reference(tree: PageTree) -> None:
    """Add every page of the reference to a tree."""
    for write in (write_commands, write_recipes, write_environment, write_schemas, write_python, write_codes):
        write(tree)
