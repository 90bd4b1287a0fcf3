"""Simulated annotators: what the tools' exports hold after people have confirmed what was suggested."""

import json
from pathlib import Path
from typing import Any


def as_argilla_exports_it(records: Path, out: Path, users: tuple[str, ...] = ("u1",)) -> Path:
    """Submit what is suggested, as ``dataset.records.to_json`` writes it."""
    rows: list[dict[str, Any]] = json.loads(records.read_text("utf-8"))
    for row in rows:
        value = row["suggestions"].get("entities", {"value": []})["value"]
        row["responses"] = {"entities": [{"value": value, "user_id": user} for user in users]}
        row |= {"status": "completed", "_server_id": "b1d2"}
    out.write_text(json.dumps(rows), encoding="utf-8")
    return out


def as_label_studio_exports_it(tasks: Path, out: Path, users: tuple[int, ...] = (1,)) -> Path:
    """Submit what is predicted, as the server numbers tasks and annotations."""
    rows: list[dict[str, Any]] = json.loads(tasks.read_text("utf-8"))
    for number, row in enumerate(rows, start=1):
        said = row.get("annotations") or row.get("predictions") or [{"result": []}]
        row["annotations"] = [
            {"id": 10 * number + user, "completed_by": user, "result": said[0]["result"]} for user in users
        ]
        row |= {"id": number, "predictions": [number], "file_upload": "tasks.json"}
    out.write_text(json.dumps(rows), encoding="utf-8")
    return out


def as_doccano_exports_it(tasks: Path, out: Path) -> Path:
    """Confirm all, as doccano 1.8 writes it: metadata beside the text, absent metadata as null."""
    rows = [json.loads(line) for line in tasks.read_text("utf-8").splitlines()]
    names = {name for row in rows for name in row} - {"text", "label"}
    lines = [
        json.dumps(
            {"text": row["text"], **{name: row.get(name) for name in sorted(names)}}
            | {"label": sorted(row["label"]), "Comments": []}
        )
        for row in rows
    ]
    out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return out
