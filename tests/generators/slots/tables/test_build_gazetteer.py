"""The embedded gazetteer is what the script makes of the table of divisions."""

from pathlib import Path

import pytest

from nerforge.generators.slots.domain.slot_domain import POWER
from nerforge.generators.slots.tables.build_gazetteer import build_rows, main, town_stem

TOWNS = Path(__file__).parents[4].parent / "shared" / "gazetteer" / "shandong_towns.json"


@pytest.mark.parametrize(
    ("town", "county", "stem"),
    [
        pytest.param("麒麟镇", "巨野县", "麒麟", id="town"),
        pytest.param("千佛山街道", "历下区", "千佛山", id="street"),
        pytest.param("北隍城乡", "蓬莱区", "北隍城", id="township"),
        pytest.param("大杨树民族乡", "某县", "大杨树", id="township of a minority"),
        pytest.param("侯镇", "寿光市", "侯镇", id="one character keeps its suffix"),
        pytest.param("兖州区鼓楼街道", "兖州区", "鼓楼", id="county repeated"),
        pytest.param("镇海镇", "某县", "镇海", id="a suffix that is also a beginning"),
        pytest.param("街道口镇", "某县", "街道口", id="only one suffix is dropped"),
        pytest.param("临港经济开发区", "某县", None, id="no town"),
        pytest.param("国营农场", "某县", None, id="a farm"),
    ],
)
def test_the_stem_of_a_town_is_its_name_without_the_suffix(town, county, stem):
    assert town_stem(town, county) == stem


def test_rows_name_companies_and_substations_and_list_what_was_left_out():
    divisions = {"菏泽市": {"巨野县": ["麒麟镇", "煤化工园区"], "鄄城县": ["凤凰镇"]}}
    rows, left_out = build_rows(divisions, "山东省")
    assert rows == [
        ["山东省", "菏泽", "巨野县供电公司", "麒麟供电所"],
        ["山东省", "菏泽", "鄄城县供电公司", "凤凰供电所"],
    ]
    assert left_out == ["菏泽市巨野县煤化工园区"]


def test_the_companies_of_some_districts_are_centres_and_have_the_usual_names_as_aliases():
    divisions = {
        "济南市": {"市中区": ["七贤街道"], "长清区": ["崮云湖街道"]},
        "枣庄市": {"市中区": ["齐村镇"]},
    }
    rows, _ = build_rows(divisions, "山东省")
    assert rows == [
        ["山东省", "济南", "市中供电中心", "七贤供电所", "市中区供电公司"],
        ["山东省", "济南", "长清区供电公司", "崮云湖供电所", ""],
        ["山东省", "枣庄", "市中区供电公司", "齐村供电所", ""],
    ]


def test_the_script_writes_the_table_and_says_what_it_left_out(tmp_path, capsys):
    source = tmp_path / "towns.json"
    source.write_text('{"菏泽市": {"巨野县": ["麒麟镇", "煤化工园区"]}}', encoding="utf-8")
    main(str(source), "山东省", str(tmp_path / "g.csv"))
    assert (tmp_path / "g.csv").read_text(encoding="utf-8") == (
        "province,city,company,substation\n山东省,菏泽,巨野县供电公司,麒麟供电所\n"
    )
    assert capsys.readouterr().err == "1 rows; left out 1: 菏泽市巨野县煤化工园区\n"


@pytest.mark.skipif(not TOWNS.exists(), reason=f"the table of divisions is not at {TOWNS}")
def test_the_embedded_gazetteer_is_up_to_date(tmp_path):
    main(str(TOWNS), "山东省", str(tmp_path / "g.csv"))
    assert (tmp_path / "g.csv").read_bytes() == (POWER / "shandong.csv").read_bytes()
