"""The layouts of predictions by name: the modules of ``layouts``, and those of other packages."""

from nerforge.evaluation.prediction_files import layouts
from nerforge.evaluation.prediction_files.containers import terminal
from nerforge.evaluation.prediction_files.prediction_rows import Fields, PredictionLayout
from nerforge.foundation.entry_points import Registry, load_target, records_of

_SHIPPED: list[PredictionLayout] = [
    *(load_target(target) for target in records_of(layouts.__name__, layouts.__path__, "LAYOUT").values()),
    # It is recognised by the text of the file, and so by what holds its rows.
    terminal.LAYOUT,
]
LAYOUTS: Registry[PredictionLayout] = Registry(
    "layout of predictions",
    "nerforge.prediction_layouts",
    {layout.name: layout for layout in _SHIPPED},
    ("name", "shape", "recognises", "read", "has_gold_ids", "is_loose", "precedence"),
)


def recognise(fields: Fields) -> PredictionLayout | None:
    """Tell by a row's fields which layout it is of.

    Raises:
        UserError: a layout of another package cannot be used.
    """
    in_order = sorted(LAYOUTS.values(), key=lambda layout: layout.precedence)
    return next((layout for layout in in_order if layout.recognises(fields)), None)
