"""The exchanges of a chat in a terminal, as their container reads them; it is recognised by the file."""

from nerforge.evaluation.prediction_files.rows import Fields, Layout, Read


def _read(fields: Fields) -> list[Read]:
    return [Read(fields["answer"], prompt=fields["query"], is_cut=bool(fields.get("is_cut")))]


LAYOUT = Layout(
    "terminal", "User: …, Assistant: … (text), or <<< …", lambda fields: False, _read, is_loose=True
)
