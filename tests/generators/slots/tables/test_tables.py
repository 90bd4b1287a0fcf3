"""Slot tables: what of a CSV file is read, and each fault of its rows and names."""

import codecs
import time
from pathlib import Path

import pytest

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.tables.tables import Column, Row, read_table

COLUMNS = (
    Column("province", ("省份", "省")),
    Column("city", ("城市",), strip="市$"),
    Column("company", ("供电公司",)),
    Column("substation", ("供电所",)),
)
HEAD = "province,city,company,substation"
QILIN = "山东省,菏泽,巨野县供电公司,麒麟供电所"
LONGGU = "山东省,菏泽,巨野县供电公司,龙堌供电所"
VALUES = ("山东省", "菏泽", "巨野县供电公司", "麒麟供电所")
NO_ALIASES = ((), (), (), ())
ALIKE = "expected one way of writing a name; write both alike or tell them apart"
VISIBLE = "expected visible characters only; delete it"
MEND = "mend it, with quotes around cells that hold commas"
BOTH = "if both exist, say with --ambiguous omit|first|all|drop how such a name is answered"
QUOTES = 'expected quotes around whole cells; close the quote, or write "" for a quote in a cell'
PARENT = "expected its parent; fill it in"


def read(path, *lines, shared_names=False, encoding="utf-8"):
    path.write_bytes("".join(f"{line}\n" for line in lines).encode(encoding))
    return read_table(path, COLUMNS, shared_names=shared_names)


def faults(path, *lines, **options):
    with pytest.raises(UserError) as caught:
        read(path, *lines, **options)
    return str(caught.value).replace(f"{path}", path.name).splitlines()


def aliases(path, *lines, level=3, **options):
    return [row.aliases[level] for row in read(path, *lines, **options)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        pytest.param("t.csv", f"{HEAD}\n{QILIN}\n", id="plain"),
        pytest.param("t.CSV", f"{HEAD}\n{QILIN}", id="no line end, suffix in capitals"),
        pytest.param("t.csv", f"\ufeff{HEAD}\n{QILIN}\n", id="byte order mark"),
        pytest.param("t.csv", f"{HEAD}\r\n{QILIN}\r\n", id="CRLF"),
        pytest.param("t.csv", f"{HEAD}\r{QILIN}\r", id="CR"),
        pytest.param("t.tsv", f"{HEAD}\n{QILIN}\n".replace(",", "\t"), id="TSV"),
        pytest.param(
            "t.csv", f"{HEAD}\n山东省, 菏泽市　,\xa0巨野县供电公司,　麒麟供电所 \n", id="spaces and suffix"
        ),
        pytest.param("t.csv", f'{HEAD}\n"山东省","菏泽","巨野县供电公司","麒麟供电所"\n', id="quotes"),
        pytest.param("t.csv", f"{HEAD},,\n{QILIN},,\n,,,,,\n", id="empty columns and rows"),
        pytest.param("t.csv", f"{HEAD}\n{QILIN},\n", id="a comma at the end"),
        pytest.param("t.csv", f" 省份 ,CITY,供电公司,供电所\n{QILIN}\n", id="other heads"),
        pytest.param(
            "t.csv",
            "id,供电所,city,省,company\n\u200b,麒麟供电所,菏泽,山东省,巨野县供电公司\n",
            id="other order",
        ),
    ],
)
def test_the_usual_variants_of_a_file_are_read_alike(tmp_path, name, content):
    (tmp_path / name).write_bytes(content.encode())
    assert read_table(tmp_path / name, COLUMNS) == [Row(2, VALUES, NO_ALIASES)]


def test_blank_lines_count_as_rows(tmp_path):
    rows = read(tmp_path / "t.csv", "", HEAD, QILIN, "", LONGGU)
    assert [row.line for row in rows] == [3, 5]


@pytest.mark.parametrize(
    ("head", "cell", "expected"),
    [
        pytest.param("substation_alias", "麒麟所", ("麒麟所",), id="by name"),
        pytest.param("供电所别名", "麒麟所", ("麒麟所",), id="by head"),
        pytest.param("Substation_Alias12", "麒麟所", ("麒麟所",), id="numbered, in capitals"),
        pytest.param(
            "供电所_alias", " 甲 | 乙、丙;丁；戊||甲 ", ("甲", "乙", "丙", "丁", "戊"), id="several"
        ),
        pytest.param("别名", "麒麟所", (), id="of no level"),
        pytest.param("alias_substation", "麒麟所", (), id="another column"),
        pytest.param("供电所别名", "", (), id="none"),
    ],
)
def test_aliases_stand_in_columns_named_after_the_level(tmp_path, head, cell, expected):
    assert aliases(tmp_path / "t.csv", f"{HEAD},{head}", f"{QILIN},{cell}") == [expected]


def test_several_columns_give_aliases_of_one_level(tmp_path):
    head = f"{HEAD},substation_alias,substation_alias2,供电所别名"
    assert aliases(tmp_path / "t.csv", head, f"{QILIN},甲,乙|甲,丙") == [("甲", "乙", "丙")]


def test_an_alias_on_any_row_of_a_value_holds_for_all_of_them(tmp_path):
    lines = (
        f"{HEAD},company_alias",
        f"{QILIN},",
        f"{LONGGU},巨野公司",
        "山东省,菏泽,曹县供电公司,庄寨供电所,",
    )
    assert aliases(tmp_path / "t.csv", *lines, level=2) == [("巨野公司",), ("巨野公司",), ()]


def test_an_alias_may_be_repeated_on_the_rows_of_its_value(tmp_path):
    lines = (f"{HEAD},company_alias", f"{QILIN},巨野公司", f"{LONGGU},大野公司|巨野公司")
    assert aliases(tmp_path / "t.csv", *lines, level=2) == [("巨野公司", "大野公司")] * 2


def test_aliases_are_stripped_as_values_are(tmp_path):
    assert aliases(tmp_path / "t.csv", f"{HEAD},city_alias", f"{QILIN},牡丹市", level=1) == [("牡丹",)]


def test_namesakes_under_two_parents_keep_their_own_aliases(tmp_path):
    lines = [
        f"{HEAD},company_alias",
        "山东省,枣庄,市中区供电公司,永安供电所,枣庄市中",
        "山东省,济宁,市中区供电公司,南苑供电所,济宁市中",
    ]
    assert aliases(tmp_path / "t.csv", *lines, level=2, shared_names=True) == [("枣庄市中",), ("济宁市中",)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param(
            ["山东省,,巨野县供电公司,麒麟供电所"],
            f"t.csv:2: city is empty above company '巨野县供电公司'; {PARENT}",
            id="missing parent",
        ),
        pytest.param(
            ["山东省,市,巨野县供电公司,麒麟供电所"],
            f"t.csv:2: city is empty above company '巨野县供电公司'; {PARENT}",
            id="nothing but what is stripped",
        ),
        pytest.param(
            [QILIN, "山东省,菏泽,巨野县供电公司,　"],
            "t.csv:3: substation is empty; expected a name; fill it in or delete the row",
            id="empty name",
        ),
        pytest.param(
            [QILIN, LONGGU, "山东省 ,菏泽市,巨野县供电公司,麒麟供电所"],
            "t.csv:4: is the same as row 2; expected each row once; delete one",
            id="same row twice",
        ),
        pytest.param(
            [QILIN, LONGGU, HEAD],
            "t.csv:4: is the head again; expected it in the first row only; delete it",
            id="head again",
        ),
        pytest.param(
            [QILIN, "山东省,菏泽,巨野县供电公司,麒麟 供电所"],
            f"t.csv:3: substation '麒麟 供电所' looks like '麒麟供电所' in row 2; {ALIKE}",
            id="look-alike with a space",
        ),
        pytest.param(
            ["山东省,菏泽,巨野县供电公司,A站-1", "山东省,菏泽,曹县供电公司,ａ站（1）"],
            f"t.csv:3: substation 'ａ站（1）' looks like 'A站-1' in row 2; {ALIKE}",
            id="look-alike in width, case and punctuation under another parent",
        ),
        pytest.param(
            [QILIN, "山东省,菏泽,巨野县\u200b供电公司,龙堌供电所"],
            f"t.csv:3: company '巨野县供电公司' holds U+200B (ZERO WIDTH SPACE); {VISIBLE}",
            id="zero-width character",
        ),
        pytest.param(
            ["山东省,菏泽,巨野县供电公司,麒麟\x07供电所"],
            f"t.csv:2: substation '麒麟供电所' holds U+0007 (control character); {VISIBLE}",
            id="control character",
        ),
        pytest.param(
            ["山东省,菏泽,巨野县供电公司,麒\ufeff麟供电所"],
            f"t.csv:2: substation '麒麟供电所' holds U+FEFF (ZERO WIDTH NO-BREAK SPACE); {VISIBLE}",
            id="byte order mark in a cell",
        ),
        pytest.param(
            [QILIN, f"\ufeff{LONGGU}"],
            "t.csv:3: begins with U+FEFF (a byte order mark), as where files were put together; "
            "expected it nowhere but in row 1, once; delete it",
            id="byte order mark of a second file",
        ),
        pytest.param(
            [f"{QILIN},7"],
            f"t.csv:2: has 5 cells; expected 4 as in the head; {MEND}",
            id="too many cells",
        ),
        pytest.param(
            ["山东省,菏泽,巨野县供电公司"],
            f"t.csv:2: has 3 cells; expected 4 as in the head; {MEND}",
            id="too few cells",
        ),
        pytest.param(
            ['山东省,菏泽,巨野县供电公司,"麒麟供电所', LONGGU],
            f"t.csv:2: opens a quote and does not close it; {QUOTES}",
            id="unclosed quote",
        ),
        pytest.param(
            ['山东省,菏泽,巨野县供电公司,"麒麟"供电所', LONGGU],
            f"t.csv:2: has text behind a closing quote; {QUOTES}",
            id="text behind a quote",
        ),
        pytest.param(
            ["山东省,菏泽,巨野县供电公司,凤凰供电所", "山东省,菏泽,鄄城县供电公司,凤凰供电所"],
            "t.csv:3: substation '凤凰供电所' is under 巨野县供电公司 (row 2) and 鄄城县供电公司 (row 3); "
            f"expected one company; {BOTH}",
            id="substation under two companies",
        ),
        pytest.param(
            ["山东省,枣庄,市中区供电公司,永安供电所", "山东省,济宁,市中区供电公司,南苑供电所"],
            "t.csv:3: company '市中区供电公司' is under 枣庄 (row 2) and 济宁 (row 3); "
            f"expected one city; {BOTH}",
            id="company in two cities",
        ),
        pytest.param(
            [QILIN, "山东,菏泽市,巨野县供电公司,龙堌供电所"],
            f"t.csv:3: city '菏泽' is under 山东省 (row 2) and 山东 (row 3); expected one province; {BOTH}",
            id="city in two provinces",
        ),
    ],
)
def test_a_fault_of_a_row_is_told_with_its_place_and_what_to_do(tmp_path, rows, expected):
    assert faults(tmp_path / "t.csv", HEAD, *rows) == [expected]


def test_of_many_rows_and_parents_the_first_five_are_named(tmp_path):
    rows = [f"山东省,菏泽,公司{i // 7},{'总站' if i % 7 == 0 else f'站{i}'}" for i in range(49)]
    (fault,) = faults(tmp_path / "t.csv", HEAD, *rows)
    assert fault.startswith("t.csv:9: substation '总站' is under 公司0 (row 2) and 公司1 (row 9) and ")
    assert "公司4 (row 30) and 2 more; expected one company" in fault
    rows = [f"{'甲省' if i else '乙省'},菏泽,公司,站{i}" for i in range(8)]
    (fault,) = faults(tmp_path / "t.csv", HEAD, *rows)
    assert "is under 乙省 (row 2) and 甲省 (rows 3, 4, 5, 6, 7 and 2 more)" in fault


def test_shared_names_are_accepted_at_every_level_if_so_asked(tmp_path):
    rows = [
        "甲省,朝阳,城区供电公司,城关供电所",
        "乙省,朝阳,城区供电公司,城关供电所",
        "乙省,朝阳,郊区供电公司,城关供电所",
        "乙省,南市,城区供电公司,城关供电所",
    ]
    assert len(read(tmp_path / "t.csv", HEAD, *rows, shared_names=True)) == 4


def test_rows_that_differ_in_aliases_only_are_one_too_many(tmp_path):
    rows = [f"{QILIN},麒麟所", f"{QILIN},旗林所"]
    assert faults(tmp_path / "t.csv", f"{HEAD},substation_alias", *rows) == [
        "t.csv:3: has the names of row 2 and other aliases; expected each row once; "
        "put the aliases into one row and delete the other"
    ]


ADVICE = "expected a name that is no value; delete the alias"
ROUND = "expected names that are no values; delete them"


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        pytest.param(
            ["甲=甲"],
            ["2: substation '甲' is its own alias; expected another name; delete the alias"],
            id="itself",
        ),
        pytest.param(
            ["甲=乙", "乙="],
            [f"2: substation '甲' has the alias '乙', a name (row 3); {ADVICE}"],
            id="a name",
        ),
        pytest.param(
            ["甲=乙", "乙=丙", "丙="],
            [
                f"2: substation '甲' has the alias '乙', a name (row 3); {ADVICE}",
                f"3: substation '乙' has the alias '丙', a name (row 4); {ADVICE}",
            ],
            id="a chain",
        ),
        pytest.param(
            ["甲=乙", "乙=甲"],
            [
                "2: substation aliases go round: '乙' is an alias of '甲' (row 2), "
                "'甲' is an alias of '乙' (row 3); ROUND"
            ],
            id="a cycle of two",
        ),
        pytest.param(
            ["丁=甲", "甲=乙", "乙=丙", "丙=甲"],
            [
                f"2: substation '丁' has the alias '甲', a name (row 3); {ADVICE}",
                "5: substation alias '甲' stands for 丁 (row 2) and 丙 (row 5); "
                "expected one substation; BOTH",
                "3: substation aliases go round: '甲' is an alias of '丙' (row 5), "
                "'丙' is an alias of '乙' (row 4), '乙' is an alias of '甲' (row 3); ROUND",
            ],
            id="a cycle of three and a way into it",
        ),
        pytest.param(
            ["甲=子", "乙=子"],
            ["3: substation alias '子' stands for 甲 (row 2) and 乙 (row 3); expected one substation; BOTH"],
            id="two values",
        ),
    ],
)
def test_aliases_must_be_other_names_of_one_value(tmp_path, names, expected):
    rows = [f"山东省,菏泽,巨野县供电公司,{name.replace('=', ',')}" for name in names]
    found = faults(tmp_path / "t.csv", f"{HEAD},substation_alias", *rows)
    assert sorted(found) == sorted(
        f"t.csv:{line}".replace("ROUND", ROUND).replace("BOTH", BOTH) for line in expected
    )


def test_a_long_cycle_is_one_fault_that_names_five_steps(tmp_path):
    rows = [f"山东省,菏泽,巨野县供电公司,站{i},站{(i + 1) % 3000}" for i in range(3000)]
    (fault,) = faults(tmp_path / "t.csv", f"{HEAD},substation_alias", *rows)
    assert fault.startswith("t.csv:2: substation aliases go round: '站1' is an alias of '站0' (row 2), ")
    assert fault.endswith(f" and 2995 more; {ROUND}")


def test_two_values_may_share_an_alias_if_so_asked(tmp_path):
    lines = (f"{HEAD},substation_alias", f"{QILIN},子", f"{LONGGU},子")
    assert aliases(tmp_path / "t.csv", *lines, shared_names=True) == [("子",), ("子",)]


def test_the_alias_of_a_level_may_be_a_name_of_another(tmp_path):
    lines = (f"{HEAD},substation_alias", f"{QILIN},菏泽")
    assert aliases(tmp_path / "t.csv", *lines) == [("菏泽",)]


def test_missing_columns_are_all_named_beside_what_was_found(tmp_path):
    assert faults(tmp_path / "t.csv", "province,town,供电所", "山东省,巨野,麒麟\u200b供电所") == [
        "t.csv:1: lacks the columns city or 城市, company or 供电公司; "
        "expected them beside province, town, 供电所; add them or name them so",
        f"t.csv:2: 供电所 '麒麟供电所' holds U+200B (ZERO WIDTH SPACE); {VISIBLE}",
    ]


def test_a_column_given_twice_is_a_fault(tmp_path):
    assert faults(tmp_path / "t.csv", f"{HEAD},城市", f"{QILIN},菏泽") == [
        "t.csv:1: gives city twice, as city (column 2) and 城市 (column 5); "
        "expected one column; delete or rename one"
    ]


BAD_SUFFIX = "expected .csv, .tsv or .xlsx; save it as .xlsx"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("t.csv", None, "cannot be read: No such file", id="missing"),
        pytest.param("t.xls", b"", f"unknown suffix '.xls'; {BAD_SUFFIX}", id="xls"),
        pytest.param("table", b"", f"unknown suffix ''; {BAD_SUFFIX}", id="no suffix"),
        pytest.param("t.csv", b"", "is empty; expected a head with the columns province, city, ", id="empty"),
        pytest.param("t.csv", b" ,\n\n", "is empty; expected a head", id="blank"),
        pytest.param("t.csv", b"PK\x03\x04", "is an Excel file; expected text; name it t.xlsx", id="renamed"),
        pytest.param(
            "t.csv", f"\n{HEAD}\n".encode(), ":2: is the only row; expected rows below", id="head only"
        ),
    ],
)
def test_a_file_that_is_no_table_is_the_users_error(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        read_table(path, COLUMNS)
    assert message in str(caught.value) and str(caught.value).startswith(f"{path}:")


def test_a_folder_is_the_users_error(tmp_path):
    (tmp_path / "t.csv").mkdir()
    with pytest.raises(UserError, match=r"t\.csv: cannot be read: Is a directory"):
        read_table(tmp_path / "t.csv", COLUMNS)


@pytest.mark.parametrize(
    ("encoding", "mark", "name", "row"),
    [
        pytest.param("gbk", b"", "GB18030", 2, id="GBK"),
        pytest.param("gb18030", b"", "GB18030", 2, id="GB18030"),
        pytest.param("utf-16-le", codecs.BOM_UTF16_LE, "UTF-16", 1, id="UTF-16 with a mark"),
        pytest.param("utf-16-be", codecs.BOM_UTF16_BE, "UTF-16", 1, id="big-endian UTF-16 with a mark"),
        pytest.param("utf-16-le", b"", "UTF-16LE", 1, id="UTF-16 without a mark"),
        pytest.param("utf-16-be", b"", "UTF-16BE", 1, id="big-endian UTF-16 without a mark"),
        pytest.param("utf-32", b"", "UTF-32", 1, id="UTF-32"),
    ],
)
def test_another_encoding_is_named_and_the_other_faults_come_too(tmp_path, encoding, mark, name, row):
    lines = [HEAD, QILIN, LONGGU, "山东省,,曹县供电公司,庄寨供电所"]
    (tmp_path / "t.csv").write_bytes(mark + "\r\n".join(lines).encode(encoding))
    with pytest.raises(UserError) as caught:
        read_table(tmp_path / "t.csv", COLUMNS)
    assert str(caught.value).replace(f"{tmp_path}/", "").splitlines() == [
        f"t.csv:{row}: is not UTF-8 ({name} fits); expected UTF-8; "
        f"convert the file: iconv -f {name} -t UTF-8 t.csv > utf8.csv",
        f"t.csv:4: city is empty above company '曹县供电公司'; {PARENT}",
    ]


def test_rows_of_two_encodings_are_read_each_in_its_own(tmp_path):
    (tmp_path / "t.csv").write_bytes(f"{HEAD}\n{QILIN}\n".encode() + f"{LONGGU}\n{LONGGU}\n".encode("gbk"))
    with pytest.raises(UserError) as caught:
        read_table(tmp_path / "t.csv", COLUMNS)
    assert str(caught.value).replace(f"{tmp_path}/", "").splitlines() == [
        "t.csv:3: is the first of 2 rows that are not UTF-8, and no one encoding fits the file; "
        "expected UTF-8; save the table anew from where it came",
        "t.csv:4: is the same as row 3; expected each row once; delete one",
    ]


def test_ten_different_faults_are_told_at_once_in_the_order_of_the_rows(tmp_path):
    rows = [
        f"{QILIN},",
        "山东省,,巨野县供电公司,龙堌供电所,",
        "山东省,菏泽,巨野县供电公司,,",
        f"{QILIN},",
        "山东省,菏泽,巨野县供电公司,麒麟·供电所,",
        "山东省,菏泽,曹县供电公司,庄寨\u2060供电所,",
        "山东省,菏泽,曹县供电公司,韩集供电所",
        '山东省,菏泽,曹县供电公司,"青堌集"供电所,',
        "山东省,济宁,曹县供电公司,苏集供电所,苏集供电所",
        "山东省,菏泽,曹县供电公司,普连集供电所,苏集所|魏湾供电所",
        "山东省,菏泽,曹县供电公司,魏湾供电所,苏集所|普连集供电所",
    ]
    assert faults(tmp_path / "t.csv", f"{HEAD},substation_alias", *rows, encoding="gb18030") == [
        "t.csv:2: is not UTF-8 (GB18030 fits); expected UTF-8; "
        "convert the file: iconv -f GB18030 -t UTF-8 t.csv > utf8.csv",
        f"t.csv:3: city is empty above company '巨野县供电公司'; {PARENT}",
        "t.csv:4: substation is empty; expected a name; fill it in or delete the row",
        "t.csv:5: is the same as row 2; expected each row once; delete one",
        f"t.csv:6: substation '麒麟·供电所' looks like '麒麟供电所' in row 2; {ALIKE}",
        f"t.csv:7: substation '庄寨供电所' holds U+2060 (WORD JOINER); {VISIBLE}",
        f"t.csv:8: has 4 cells; expected 5 as in the head; {MEND}",
        f"t.csv:9: has text behind a closing quote; {QUOTES}",
        f"t.csv:10: company '曹县供电公司' is under 菏泽 (rows 7, 11, 12) and 济宁 (row 10); "
        f"expected one city; {BOTH}",
        "t.csv:10: substation '苏集供电所' is its own alias; expected another name; delete the alias",
        "t.csv:11: substation aliases go round: '魏湾供电所' is an alias of '普连集供电所' (row 11), "
        f"'普连集供电所' is an alias of '魏湾供电所' (row 12); {ROUND}",
        "t.csv:12: substation alias '苏集所' stands for 普连集供电所 (row 11) and 魏湾供电所 (row 12); "
        f"expected one substation; {BOTH}",
    ]


@pytest.mark.whole
def test_a_hundred_thousand_rows_take_seconds_not_minutes(tmp_path):
    lines = [f"山东省,城{i // 5000},县{i // 50},站{i},又名{i}" for i in range(100_000)]
    start = time.perf_counter()
    rows = read(tmp_path / "t.csv", f"{HEAD},substation_alias", *lines)
    assert len(rows) == 100_000
    assert time.perf_counter() - start < 10


def test_an_alias_may_be_a_name_under_another_parent_where_names_may_be_shared(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(
        "province,city,company,substation,company_alias\n"
        "甲省,东城,河口供电中心,石桥供电所,河口区供电公司\n"
        "甲省,西城,河口区供电公司,柳林供电所,\n",
        encoding="utf-8",
    )
    columns = [Column(name) for name in ("province", "city", "company", "substation")]
    first, second = read_table(path, columns, shared_names=True)
    assert (first.aliases[2], second.aliases[2]) == (("河口区供电公司",), ())
    with pytest.raises(
        UserError, match=r"t\.csv:2: company '河口供电中心' has the alias '河口区供电公司', a name"
    ):
        read_table(path, columns)
