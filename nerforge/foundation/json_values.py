"""Names for JSON whose keys others decide: rows, logs and settings of other tools."""

from typing import Any

JsonObject = dict[str, Any]
"""An object that is looked at key by key; what has keys of ours is a struct."""
