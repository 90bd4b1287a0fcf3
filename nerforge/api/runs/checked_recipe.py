"""Render a recipe into a training YAML, and check it before it is written."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.phases import phase
from nerforge.llamafactory_configs.checking.config_check import check_config
from nerforge.llamafactory_configs.checking.findings import has_errors
from nerforge.llamafactory_configs.layering.recipe_files import Choices, recipe_title
from nerforge.llamafactory_configs.rendering.training_yaml import RenderedConfig, is_rendered, render

Tell = Callable[[str], None]
"""Takes a line for the person who waits."""


def render_checked(
    recipe: str,
    data: Path,
    overrides: dict[str, Any],
    choices: Choices,
    tell: Tell,
    *,
    run: Path | None = None,
    out: Path | None = None,
    overwrite: bool = False,
    force: bool = False,
) -> str:
    """Render a recipe, check the settings, and give the training YAML; with ``out``, write it too.

    Args:
        recipe: A recipe's name or file.
        data: The dataset directory.
        overrides: Keys that win over the recipe's.
        choices: Layers, machines, hub and tracker that the user chose.
        tell: Gets each note, and each finding of the check.
        run: The run's folder; None for ``runs/RECIPE``.
        out: The file to write.
        overwrite: Replace a file that was not written by this function.
        force: Accept settings that the check finds errors in.

    Raises:
        UserError: the recipe or the data cannot be used, the check found errors, or ``out`` is taken.
    """
    # Before the data set is read: a file that somebody wrote by hand is not worth a minute of waiting.
    if out is not None and out.exists() and not overwrite and not is_rendered(out):
        raise UserError(
            f"{out}: exists and was not written by nerforge config; choose another -o, or pass --overwrite"
        )
    rendered = render(recipe, data, run or Path("runs") / recipe_title(recipe), overrides, choices)
    for note in rendered.notes:
        tell(note)
    _check(rendered, recipe, tell, force=force)
    if out is not None:
        write_whole(out, rendered.text.encode())
    return rendered.text


def _check(rendered: RenderedConfig, recipe: str, tell: Tell, *, force: bool) -> None:
    with phase("checking the settings"):
        findings = check_config(rendered.config, machine=rendered.machine)
    for finding in findings:
        tell(str(finding))
    if has_errors(findings) and not force:
        n_errors = sum(finding.severity == "error" for finding in findings)
        raise UserError(
            f"recipe {recipe} as asked for has {n_errors} error{'s' if n_errors > 1 else ''}; nothing was "
            "written (--force writes it all the same)"
        )
