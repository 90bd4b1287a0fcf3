"""``nerforge new-model``: a model layer from a model's ``config.json``."""

from pathlib import Path

import click
import yaml

from nerforge.cli.printing.output import print_json
from nerforge.cli.printing.printed_lines import print_document, print_message, print_next
from nerforge.foundation.errors import UserError
from nerforge.foundation.files.writing import write_whole
from nerforge.foundation.hubs.hub_names import HUBS
from nerforge.foundation.phases import phase
from nerforge.llamafactory_configs.rendering.model_layer import LayerChoices, write_model_layer


@click.command()
@click.argument("model", metavar="OWNER/NAME|FOLDER")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="File to write.  [default: stdout]")
@click.option("--template", metavar="NAME", help="Its chat template, of LLaMA-Factory's.  [default: found]")
@click.option("--hub", type=click.Choice(HUBS), default=HUBS[0], show_default=True)
@click.option("--modelscope", metavar="OWNER/NAME", help="Its name on ModelScope, if that is another.")
@click.option("--overwrite", is_flag=True, help="Replace the file.")
@click.option("--json", "as_json", is_flag=True, help="Print the layer as JSON, in place of YAML.")
def command(
    model: str,
    out: Path | None,
    template: str | None,
    hub: str,
    modelscope: str | None,
    overwrite: bool,
    as_json: bool,
) -> None:
    """Write the layer of a model that none is shipped for: names, sizes and chat template, from config.json.

    `config --model FILE` and the recipes' `layers: {model: FILE}` take the file.
    """
    if out is not None and out.exists() and not overwrite:
        raise UserError(f"{out}: is there already; choose another -o, or pass --overwrite")
    with phase(f"reading the configuration of {model}"):
        text = write_model_layer(model, LayerChoices(hub, modelscope, template))
    if out is not None:
        write_whole(out, text.encode())
    if as_json:
        print_json({"path": None if out is None else str(out), "layer": yaml.safe_load(text)})
    elif out is None:
        print_document(text)
    else:
        print_message(f"wrote {out}")
        print_next("config", "RECIPE", "--data", "DIR", "--model", out)
