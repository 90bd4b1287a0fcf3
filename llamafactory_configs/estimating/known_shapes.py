"""The sizes of a model by its name: those of a layer, or of its ``config.json`` on this machine."""

from typing import NamedTuple

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.reading import read_json
from nerforge.foundation.hubs.local_copies import find_local
from nerforge.foundation.llamafactory.config_types import Settings
from nerforge.foundation.run_folder.contents import MODEL_CONFIG
from nerforge.llamafactory_configs.estimating.shape_reading import ShapeError, read_shape, why_not_described
from nerforge.llamafactory_configs.estimating.shapes import Shape
from nerforge.llamafactory_configs.layering.layer_files import find_model


class FoundShape(NamedTuple):
    """A model's sizes, or why they are not known."""

    shape: Shape | None
    reason: str = ""
    """Why there are none; empty where there are."""


def find_shape(model: str) -> FoundShape:
    """Find a model's sizes: shipped ones, or those of its folder or of a hub's cache. Nothing is fetched."""
    layer = find_model(model)
    if layer is not None and layer.shape is not None:
        return FoundShape(layer.shape)
    folder = find_local(model, (MODEL_CONFIG,))
    path = folder / MODEL_CONFIG if folder else None
    if path is None or not path.is_file():
        return FoundShape(None, f"no layer and no {MODEL_CONFIG} on this machine describes the model")
    try:
        config = read_json(path, Settings)
        reason = why_not_described(config)
        return FoundShape(None, reason) if reason else FoundShape(read_shape(config))
    except (UserError, ShapeError) as err:
        return FoundShape(None, str(err) if isinstance(err, UserError) else f"{path}: {err}")
