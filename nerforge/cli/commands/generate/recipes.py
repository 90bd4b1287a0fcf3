"""``--recipe``: the data options that a recipe states beside its training."""

from typing import Any

import click
from click.core import ParameterSource

from nerforge.foundation.errors import UsageError, UserError
from nerforge.llamafactory_configs.layering.recipe_files import Recipe, load_recipe


def _take_recipe(context: click.Context, _: click.Parameter, name: str | None) -> None:
    """Let a recipe's data options stand for what the command line does not say."""
    if name is None:
        return
    command = context.command
    try:
        recipe, _head = load_recipe(name)
    except UsageError as err:
        raise click.UsageError(str(err), context) from err
    if recipe.task is not None and recipe.task != command.name:
        message = f"--recipe {name}: is for task {recipe.task}; use nerforge generate {recipe.task}"
        raise click.UsageError(message, context)
    # Options of the command line win over the map, which wins over their own defaults.
    stated = dict(_default(command, name, key, value) for key, value in _stated(recipe))
    of_file = dict(context.default_map or {})
    is_of_file = context.get_parameter_source("recipe") is ParameterSource.DEFAULT_MAP
    # A recipe that is typed wins over a settings file; one that the file names is less than its other lines.
    context.default_map = {**stated, **of_file} if is_of_file else {**of_file, **stated}


def _stated(recipe: Recipe) -> list[tuple[str, Any]]:
    language = {"language": recipe.language} if recipe.language else {}
    return [*(language | recipe.data).items()]


def _default(command: click.Command, name: str, key: str, value: Any) -> tuple[str, Any]:
    # Keys of a recipe are options as users type them, `max-chars`; click names the parameter max_chars.
    options = {option: param for param in command.params for option in param.opts}
    param = options.get(f"--{key}")
    if param is None or not isinstance(param, click.Option) or param.name in (None, "recipe"):
        known = ", ".join(sorted(option[2:] for option in options if option.startswith("--")))
        raise UserError(f"recipe {name}: data: {key}: nerforge generate {command.name} knows {known}")
    # click expects strings of an option that may be repeated: `dev: 0.1` is the float 0.1 in YAML.
    if param.multiple:
        value = [str(x) for x in (value if isinstance(value, list) else [value])]
    return str(param.name), value


RECIPE = click.option(
    "--recipe",
    metavar="NAME|FILE.yaml",
    is_eager=True,
    expose_value=False,
    callback=_take_recipe,
    help="Make the data as this recipe states, but for the options given here.",
)
