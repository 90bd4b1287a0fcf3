"""The criteria by which predicted entities match gold ones, a file each; other packages may add some.

The figures of one label are the criterion applied to the entities of that label alone, on both sides; so
they add up to micro except for criteria that pair two labels, such as ``exact`` and ``partial``.
"""

from nerforge.evaluation.metrics.criteria.criterion import Criterion
from nerforge.foundation.entry_points import Registry
from nerforge.foundation.errors import UserError

SHIPPED = ("strict", "exact", "partial", "type", "text", "text_set")
"""In the order of reports, the strictest first; each is a module of this package."""
CRITERIA: Registry[Criterion] = Registry(
    "criterion",
    "nerforge.criteria",
    {name: f"{__name__}.{name}:CRITERION" for name in SHIPPED},
    ("name", "meaning", "matches", "credit"),
)
"""By name; those of other packages come after ours."""
_TAKEN = frozenset({"accuracy", "exact_match", "macro_f1", "slice", "universalner"})
"""Names of other figures, which no criterion may have."""


def load_criteria() -> tuple[Criterion, ...]:
    """Give all criteria in the order of reports.

    Raises:
        UserError: one of another package cannot be used.
    """
    for name, plug_in in CRITERIA.plug_ins().items():
        if name in _TAKEN:
            raise UserError(
                f"{plug_in} has the name of another figure ({', '.join(sorted(_TAKEN))}); uninstall the "
                "package, or give the criterion another name"
            )
    return tuple(CRITERIA.values())


__all__ = ["CRITERIA", "SHIPPED", "Criterion", "load_criteria"]
