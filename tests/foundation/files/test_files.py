"""Files are read with errors that name file and line, and written whole or not at all."""

import os
import re
from pathlib import Path

import msgspec
import pytest

from nerforge.foundation.errors import UserError
from nerforge.foundation.files.hashing import file_sha256
from nerforge.foundation.files.reading import read_json, read_jsonl
from nerforge.foundation.files.writing import to_json, whole_folder, write_whole


class Row(msgspec.Struct):
    text: str


GOOD = '{"text": "菏泽"}\n'.encode()


def read(path):
    return [(number, row.text) for number, row in read_jsonl(path, Row)]


def user_error(message):
    return pytest.raises(UserError, match=message)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        pytest.param(
            b"text: a", r"not JSON in UTF-8 \(.*\); expected one object a line, found 'text: a'", id="no JSON"
        ),
        pytest.param(b'{"text": "a', r"not JSON in UTF-8 .* found '{\"text\": \"a'$", id="cut off"),
        pytest.param(b'{"text": "a"}{"text": "b"}', "not JSON in UTF-8 .*trailing", id="two objects glued"),
        pytest.param(b'{"text": "\\ud83d"}', "not JSON in UTF-8", id="half of a surrogate pair"),
        pytest.param(
            b'{"text": 1}', r"Expected `str`, got `int` - at `\$\.text`; found '{\"text\": 1}'", id="type"
        ),
        pytest.param(b'{"txt": "a"}', "Object missing required field `text`", id="field"),
        pytest.param(b"[]", "Expected `object`, got `array`", id="array"),
        pytest.param('{"text": "菏泽"}'.encode("gbk"), r"not UTF-8 .* iconv -f GB18030 -t UTF-8", id="GBK"),
    ],
)
def test_a_bad_line_is_named_with_file_and_number(tmp_path, line, message):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(GOOD + b"\n" + line + b"\n" + GOOD)
    with user_error(rf"^{re.escape(str(path))}:3: {message}"):
        read(path)


def test_rows_before_a_bad_line_are_given_first(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(GOOD + b"nonsense")
    rows = read_jsonl(path, Row)
    assert next(rows)[1].text == "菏泽"
    with user_error("rows.jsonl:2: "):
        next(rows)


def test_blank_lines_are_passed_over_and_counted(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n" + GOOD + b" \t\r\n" + GOOD)
    assert read(path) == [(2, "菏泽"), (4, "菏泽")]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbf" + GOOD, id="byte order mark"),
        pytest.param(GOOD.replace(b"\n", b"\r\n"), id="windows newline"),
        pytest.param(GOOD.strip(), id="no final newline"),
        pytest.param('{"other": [{}], "text": "菏泽"}'.encode(), id="further field"),
        pytest.param(b'{"text": "\\u83cf\\u6cfd"}', id="escaped characters"),
    ],
)
def test_the_usual_variants_of_a_file_are_read(tmp_path, content):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    assert read(path) == [(1, "菏泽")]


def test_a_byte_order_mark_later_in_the_file_is_an_error(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(GOOD + b"\xef\xbb\xbf" + GOOD)
    with user_error("rows.jsonl:2: not JSON"):
        read(path)


def test_a_missing_file_is_named(tmp_path):
    with user_error(r"nowhere\.jsonl: no such file"):
        read(tmp_path / "nowhere.jsonl")


def test_a_folder_in_place_of_a_file_is_named(tmp_path):
    with user_error(f"^{re.escape(str(tmp_path))}: cannot be read: Is a directory$"):
        read(tmp_path)


def test_a_json_file_is_read_into_its_type(tmp_path):
    path = tmp_path / "towns.json"
    path.write_bytes(b"\xef\xbb\xbf" + '{"菏泽": ["巨野"]}'.encode())
    assert read_json(path, dict[str, list[str]]) == {"菏泽": ["巨野"]}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(b"{", "truncated", id="cut off"),
        pytest.param(b'{"a": 1}', "Expected `array`, got `int`", id="type"),
        pytest.param('{"菏泽": []}'.encode("gbk"), "invalid", id="GBK"),
    ],
)
def test_a_json_file_of_another_kind_is_refused(tmp_path, content, message):
    path = tmp_path / "towns.json"
    path.write_bytes(content)
    with user_error(rf"towns\.json: .*{message}"):
        read_json(path, dict[str, list[str]])


def test_the_hash_of_a_file_is_that_of_its_bytes(tmp_path):
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert file_sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


def test_json_is_written_as_readable_text_with_a_final_newline():
    assert to_json({"城市": "菏泽"}) == '{\n  "城市": "菏泽"\n}\n'.encode()


@pytest.mark.parametrize("blocks", [b"abc", [b"a", b"bc"]], ids=["bytes", "blocks"])
def test_a_file_is_written_with_the_folders_above_it(tmp_path, blocks):
    path = tmp_path / "gold" / "train.jsonl"
    write_whole(path, blocks)
    assert path.read_bytes() == b"abc"
    assert list(path.parent.iterdir()) == [path]


def test_a_written_file_has_the_rights_that_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "a", b"")
    finally:
        os.umask(before)
    assert (tmp_path / "a").stat().st_mode & 0o777 == 0o640


def test_the_bytes_are_on_the_disk_before_the_file_has_its_name(tmp_path, monkeypatch):
    calls = []
    for name in ("fsync", "replace"):
        real = getattr(os, name)
        monkeypatch.setattr(os, name, lambda *args, n=name, real=real: (calls.append(n), real(*args))[1])
    write_whole(tmp_path / "a", b"abc")
    assert calls == ["fsync", "replace"]


def fail_after(*blocks):
    yield from blocks
    raise RuntimeError("power cut")


def test_a_write_that_fails_leaves_nothing_behind(tmp_path):
    with pytest.raises(RuntimeError, match="power cut"):
        write_whole(tmp_path / "ner.json", fail_after(b"half"))
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path):
    (tmp_path / "ner.json").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="power cut"):
        write_whole(tmp_path / "ner.json", fail_after(b"half"))
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("ner.json", b"old")]


def make(out, content="new", **options):
    with whole_folder(out, markers=("manifest.json",), contents=("ner_dev.json",), **options) as folder:
        (folder / "manifest.json").write_text(content)


def content(folder):
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_a_folder_appears_when_its_block_ends(tmp_path):
    out = tmp_path / "deep" / "out"
    with whole_folder(out, markers=("manifest.json",), contents=("ner_dev.json",)) as folder:
        (folder / "manifest.json").write_text("new")
        assert not out.exists()
    assert content(out) == {"manifest.json": "new"}
    assert list(out.parent.iterdir()) == [out]


def test_a_made_folder_has_the_rights_that_the_umask_leaves(tmp_path):
    before = os.umask(0o027)
    try:
        make(tmp_path / "out")
    finally:
        os.umask(before)
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o750


def test_an_empty_folder_may_be_filled(tmp_path):
    (tmp_path / "out").mkdir()
    make(tmp_path / "out")
    assert content(tmp_path / "out") == {"manifest.json": "new"}


def test_a_folder_of_this_kind_is_replaced_only_when_told(tmp_path):
    out = tmp_path / "out"
    make(out, "old")
    (out / "ner_dev.json").write_text("old")
    with user_error("out: already holds a data set; .*--overwrite"):
        make(out)
    assert content(out) == {"manifest.json": "old", "ner_dev.json": "old"}
    make(out, overwrite=True)
    assert content(out) == {"manifest.json": "new"}
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_another_kind_is_never_replaced(tmp_path, overwrite):
    out = tmp_path / "photos"
    out.mkdir()
    (out / "cat.jpg").write_text("cat")
    with user_error(r"photos: is not empty and holds no manifest\.json; choose another --out"):
        make(out, overwrite=overwrite)
    assert content(out) == {"cat.jpg": "cat"}


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_is_never_replaced_by_a_folder(tmp_path, overwrite):
    (tmp_path / "out").write_text("mine")
    with user_error("out: is a file; choose a folder as --out"):
        make(tmp_path / "out", overwrite=overwrite)
    assert content(tmp_path) == {"out": "mine"}


def test_a_folder_that_cannot_be_made_is_the_users_error(tmp_path):
    (tmp_path / "file").write_text("mine")
    with user_error("out: cannot be made: .*; choose another --out"):
        make(tmp_path / "file" / "out")


def test_a_folder_that_fails_leaves_nothing_behind(tmp_path):
    with (
        pytest.raises(RuntimeError, match="power cut"),
        whole_folder(tmp_path / "out", markers=("m",)) as folder,
    ):
        (folder / "half").write_text("half")
        raise RuntimeError("power cut")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_fails_leaves_the_old_one(tmp_path):
    make(tmp_path / "out", "old")
    again = whole_folder(
        tmp_path / "out", markers=("manifest.json",), contents=("ner_dev.json",), overwrite=True
    )
    with pytest.raises(KeyboardInterrupt), again as folder:
        (folder / "manifest.json").write_text("half")
        raise KeyboardInterrupt
    assert content(tmp_path / "out") == {"manifest.json": "old"}
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


def test_the_current_folder_is_not_replaced_under_the_user(tmp_path, monkeypatch):
    (tmp_path / "m.json").touch()
    monkeypatch.chdir(tmp_path)
    for out in (Path("."), tmp_path, tmp_path.parent):
        with (
            user_error("is the current folder or holds it"),
            whole_folder(out, markers=("m.json",), overwrite=True),
        ):
            pass
    assert [path.name for path in tmp_path.iterdir()] == ["m.json"]


def test_a_link_to_a_folder_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with whole_folder(tmp_path / "link", markers=("m.json",)) as folder:
        (folder / "m.json").touch()
    assert (tmp_path / "real" / "m.json").exists()
    assert (tmp_path / "link").is_symlink()


def test_the_old_folder_comes_back_where_the_new_one_cannot_take_its_place(tmp_path, monkeypatch):
    out = tmp_path / "out"
    with whole_folder(out, markers=("m.json",)) as folder:
        (folder / "m.json").write_text("old")
    real, calls = os.replace, []

    def second_fails(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError("disk")
        real(source, target)

    monkeypatch.setattr(os, "replace", second_fails)
    with (
        pytest.raises(OSError, match="disk"),
        whole_folder(out, markers=("m.json",), overwrite=True) as folder,
    ):
        (folder / "m.json").write_text("new")
    assert (out / "m.json").read_text() == "old"


def test_json_nested_without_end_is_the_users_error(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "a", "meta": ' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    with user_error(r"rows\.jsonl:1: not JSON"):
        read(path)


@pytest.mark.parametrize("stranger", ["thesis.txt", "runs"])
def test_a_folder_that_holds_something_else_besides_is_not_replaced(tmp_path, stranger):
    out = tmp_path / "out"
    make(out, "old")
    (out / stranger).mkdir()
    with user_error(f"out: also holds {stranger}, which --overwrite would delete"):
        make(out, overwrite=True)
    assert (out / "manifest.json").read_text() == "old"


def test_a_folder_that_was_filled_meanwhile_is_not_replaced(tmp_path):
    out = tmp_path / "out"
    with user_error("was filled by something else meanwhile"), whole_folder(out, markers=("m",)) as folder:
        (folder / "m").write_text("second")
        make(out, "first")
    assert content(out) == {"manifest.json": "first"}
