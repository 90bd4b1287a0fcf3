"""Run the command line with ``python -m nerforge``."""

from nerforge.cli import main

main()
