"""What a training YAML holds, as a type: keys of LLaMA-Factory, whose values only its own version knows."""

from collections.abc import Mapping
from typing import Any

from nerforge.foundation.json_values import JsonObject

Settings = JsonObject
"""Keys with their values, as YAML gives them: texts, numbers, booleans, lists, mappings, None.

They are checked against the installed LLaMA-Factory (``nerforge.llamafactory_configs.checking``), not by
a type of ours.
"""
Config = Mapping[str, Any]
"""The same, to read only."""
