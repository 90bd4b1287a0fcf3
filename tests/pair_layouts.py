"""The corpus layouts that hold tagged answers, and so no entities of their own."""

from nerforge.generators.corpora.layouts import LAYOUTS

PAIR_LAYOUTS = [name for name, layout in LAYOUTS.items() if layout.holds_answers]
