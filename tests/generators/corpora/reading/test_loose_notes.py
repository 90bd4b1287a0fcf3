"""Notes on what is skipped between rows."""

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.corpora.reading.loose_notes import attach_notes
from nerforge.generators.corpora.reading.raw_rows import RawRow


def test_what_is_skipped_is_noted_on_the_rows_around_it() -> None:
    rows = [RawRow(2, "a", (), notes=("n",)), RawRow(5, "b", ())]
    noted = list(attach_notes(["re", rows[0], "ee", "re", rows[1], "re"]))
    assert [row.notes for row in noted] == [("n", "re", "ee", "re"), ("re",)]


def test_a_file_of_nothing_but_skipped_records_is_refused() -> None:
    with pytest.raises(UserError, match=r"f\.json: holds no entities \(rows skipped: 1 ee, 2 re\)"):
        list(attach_notes(["re", "ee", "re"], "f.json: holds no entities"))
    assert list(attach_notes([], "f.json: holds no entities")) == []
