"""The JSON schema of manifests, which is shipped as ``manifest.schema.json``.

``python -m nerforge.generators.manifests.manifest_schema`` renews that file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from nerforge.foundation.files.writing import to_json, write_whole
from nerforge.generators.manifests.kinds import KINDS

SCHEMA_FILE = Path(__file__).with_name("manifest.schema.json")


def manifest_schema() -> Mapping[str, Any]:
    """Give the JSON schema of the manifests of all kinds."""
    kinds, components = msgspec.json.schema_components(KINDS)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The manifest.json of a data set of `nerforge generate`",
        "anyOf": list(kinds),
        "$defs": components,
    }


def main() -> None:
    """Write the JSON schema beside this module."""
    write_whole(SCHEMA_FILE, to_json(manifest_schema()))


if __name__ == "__main__":
    main()
