"""The gazetteer: its file's faults, and what a query leaves certain about a place."""

import pytest

from generators.power.gazetteer import Gazetteer, Parents, Place, read_gazetteer
from templates.errors import UsageError, UserError

HEADER = "province,city,company,substation"
SHANDONG = read_gazetteer()


def write(path, *lines):
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_embedded_gazetteer_is_shandong():
    assert len(SHANDONG.places) == 1816
    assert {place.province for place in SHANDONG.places} == {"山东省"}
    assert len({place.city for place in SHANDONG.places}) == 16
    assert Place("山东省", "菏泽", "巨野县供电公司", "麒麟供电所") in SHANDONG.places


def test_every_embedded_name_is_written_as_its_level_is():
    for place in SHANDONG.places:
        assert not place.city.endswith("市")
        assert place.company.endswith("供电公司") and place.substation.endswith("供电所")


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param([HEADER, "山东省,菏泽,巨野县供电公司,麒麟供电所"], id="plain"),
        pytest.param(["\ufeff" + HEADER, "山东省,菏泽,巨野县供电公司,麒麟供电所"], id="byte order mark"),
        pytest.param([HEADER, "山东省,菏泽市,巨野县供电公司,麒麟供电所"], id="long city"),
        pytest.param([HEADER, " 山东省 ,菏泽\t,巨野县供电公司,　麒麟供电所"], id="spaces"),
        pytest.param([HEADER, '"山东省","菏泽","巨野县供电公司","麒麟供电所"'], id="quotes"),
        pytest.param([HEADER, *["山东省,菏泽,巨野县供电公司,麒麟供电所"] * 2], id="twice"),
        pytest.param(
            ["substation,id,city,province,company", "麒麟供电所,7,菏泽,山东省,巨野县供电公司"], id="columns"
        ),
    ],
)
def test_the_usual_variants_of_a_table_are_read(tmp_path, lines):
    places = read_gazetteer(write(tmp_path / "g.csv", *lines)).places
    assert places == (Place("山东省", "菏泽", "巨野县供电公司", "麒麟供电所"),)


def test_missing_columns_are_all_named(tmp_path):
    path = write(tmp_path / "g.csv", "province,town,substation", "山东省,巨野,麒麟供电所")
    message = r"g\.csv:1: lacks the columns city, company; expected province, city, company, substation"
    with pytest.raises(UserError, match=message):
        read_gazetteer(path)


def test_empty_cells_are_all_named_at_once(tmp_path):
    rows = [
        "山东省,,巨野县供电公司,麒麟供电所",
        "山东省,菏泽,巨野县供电公司,龙堌供电所",
        " ,菏泽,巨野县供电公司",
    ]
    path = write(tmp_path / "g.csv", HEADER, *rows)
    with pytest.raises(UserError) as caught:
        read_gazetteer(path)
    assert str(caught.value).splitlines() == [
        f"{path}:2: city is empty",
        f"{path}:4: province is empty",
        f"{path}:4: substation is empty",
    ]


def test_after_twenty_faults_the_rest_are_counted(tmp_path):
    path = write(tmp_path / "g.csv", HEADER, *["山东省,菏泽,,麒麟供电所"] * 23)
    with pytest.raises(UserError, match=r"g\.csv:21: company is empty\nand 3 more$"):
        read_gazetteer(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, "cannot be read as UTF-8 CSV: .*No such file", id="missing"),
        pytest.param(f"{HEADER}\n山东省,".encode("gbk"), "cannot be read as UTF-8 CSV: .*codec", id="GBK"),
        pytest.param(HEADER.encode(), "holds no places", id="header only"),
        pytest.param(
            f'{HEADER}\n甲省,乙,"丙,丁\n'.encode(), "cannot be read .*unexpected end", id="open quote"
        ),
        pytest.param(f"{HEADER}\n甲省,市,丙,丁\n".encode(), ":2: city is empty", id="only a suffix"),
        pytest.param(b"", ":1: lacks the columns province", id="nothing"),
    ],
)
def test_a_table_that_cannot_be_used_is_the_users_error(tmp_path, content, message):
    path = tmp_path / "g.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UserError, match=rf"g\.csv: ?{message}".replace(": ?:", ":")):
        read_gazetteer(path)


@pytest.mark.parametrize("city", ["菏泽", "菏泽市"])
def test_a_gazetteer_can_be_cut_to_some_cities(city):
    assert {place.city for place in SHANDONG.only_cities([city, "日照"]).places} == {"菏泽", "日照"}


def test_unknown_cities_are_all_named_beside_the_known_ones():
    with pytest.raises(UsageError, match="city 南京, 苏州 is not in the gazetteer; known: 济南, 青岛, "):
        SHANDONG.only_cities(["苏州", "菏泽", "南京市"])


@pytest.mark.parametrize(
    ("city", "company", "substation", "parents"),
    [
        pytest.param(
            None, None, "麒麟供电所", ("山东省", "菏泽", "巨野县供电公司"), id="a name that stands once"
        ),
        pytest.param(None, None, "凤凰供电所", ("山东省", None, None), id="a name in several cities"),
        pytest.param("菏泽", None, "凤凰供电所", ("山东省", "菏泽", None), id="two counties of one city"),
        pytest.param(
            "淄博", None, "凤凰供电所", ("山东省", "淄博", "临淄区供电公司"), id="one county of a city"
        ),
        pytest.param(
            None, "鄄城县供电公司", "凤凰供电所", ("山东省", "菏泽", "鄄城县供电公司"), id="county said"
        ),
        pytest.param(
            None, "市中区供电公司", None, ("山东省", None, "市中区供电公司"), id="county in two cities"
        ),
        pytest.param("枣庄", "市中区供电公司", None, ("山东省", "枣庄", "市中区供电公司"), id="city said"),
        pytest.param("菏泽", None, None, ("山东省", "菏泽", None), id="city alone"),
    ],
)
def test_parents_are_completed_only_where_no_doubt_is_left(city, company, substation, parents):
    assert SHANDONG.parents(city, company, substation) == Parents(*parents)


def test_one_county_of_a_city_with_one_company_is_not_taken_for_said():
    gazetteer = Gazetteer([Place("海南省", "三沙", "西沙区供电公司", "永兴供电所")])
    assert gazetteer.parents("三沙", None, None) == Parents("海南省", "三沙", None)


def test_a_city_in_two_provinces_leaves_the_province_open():
    places = [Place(province, "朝阳", "城区供电公司", "城关供电所") for province in ("辽宁省", "北京市")]
    assert Gazetteer(places).parents("朝阳", None, None) == Parents(None, "朝阳", None)


def test_cutting_to_a_city_settles_what_the_other_cities_left_open():
    parents = SHANDONG.only_cities(["淄博"]).parents(None, None, "凤凰供电所")
    assert parents == Parents("山东省", "淄博", "临淄区供电公司")
