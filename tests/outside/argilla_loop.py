"""Send records through Argilla's own client and back: ``PYTHON argilla_loop.py FOLDER OUT``.

PYTHON is that of an environment with argilla 2.8.0, which NERForge is not installed in. The client loads the
settings and the records of FOLDER and builds what it sends to a server, checked by its models; there is no
server. Then what is suggested is submitted by one user, and OUT is what ``records.to_json`` writes.
"""

import sys
from pathlib import Path
from uuid import UUID, uuid5

import argilla as rg
from argilla._api._client import APIClient
from argilla._models import DatasetModel
from argilla.records._io import JsonIO

QUESTION = "entities"
ANNA = uuid5(UUID(int=0), "anna")


def data_set_of(folder: Path) -> rg.Dataset:
    """Make the data set of a folder, without a server."""
    APIClient._validate_connection = lambda self: None
    client = rg.Argilla(api_url="http://localhost:9", api_key="of-no-use")
    settings = rg.Settings.from_json(folder / ".argilla" / "settings.json")
    settings.validate()
    model = DatasetModel(name="nerforge", workspace_id=uuid5(ANNA, "workspace"), id=uuid5(ANNA, "data set"))
    data_set = rg.Dataset.from_model(model, client=client)
    data_set.settings = settings
    return data_set


def main(folder: Path, out: Path) -> None:
    """Load, confirm and export."""
    records = JsonIO._records_from_json(folder / "records.json")
    sent = data_set_of(folder).records._ingest_records(records)
    for record, model in zip(records, sent, strict=True):
        said = [one.value for one in model.suggestions if one.question_name == QUESTION]
        record.responses.add(
            rg.Response(
                question_name=QUESTION, value=said[0] if said else [], user_id=ANNA, status="submitted"
            )
        )
    JsonIO.to_json(records, out)


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:]))
