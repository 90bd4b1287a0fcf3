"""The layouts of predictions by name: the modules of ``layouts``, and those of other packages."""

from nerforge.evaluation.prediction_files import layouts
from nerforge.evaluation.prediction_files.rows import Fields, Layout
from nerforge.foundation.entry_points import Registry, load_target, records_of

_SHIPPED: list[Layout] = [
    load_target(target) for target in records_of(layouts.__name__, layouts.__path__, "LAYOUT").values()
]
LAYOUTS: Registry[Layout] = Registry(
    "layout of predictions",
    "nerforge.prediction_layouts",
    {layout.name: layout for layout in _SHIPPED},
    ("name", "shape", "recognises", "read", "has_gold_ids", "is_loose", "precedence"),
)


def recognise(fields: Fields) -> Layout | None:
    """Tell by a row's fields which layout it is of.

    Raises:
        UserError: a layout of another package cannot be used.
    """
    in_order = sorted(LAYOUTS.values(), key=lambda layout: layout.precedence)
    return next((layout for layout in in_order if layout.recognises(fields)), None)
