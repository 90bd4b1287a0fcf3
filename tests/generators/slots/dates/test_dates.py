"""Date expressions: what each means on a reference day, that all are valid, and that each stands once."""

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerforge.foundation.errors import UserError
from nerforge.generators.slots.dates.dates import Period, date_classes, read_periods

POWER = Path(__file__).parents[4] / "data" / "power" / "periods.csv"
PERIODS = read_periods(POWER)
DATES = date_classes(date(2024, 6, 15), PERIODS)
EVERY = [expression for members in DATES.values() for expression in members]
FEW_YEARS = range(2024, 2025)
NO_YEARS = range(0)


def on_any_day(test):
    days = st.dates(date(2000, 1, 1), date(2099, 12, 31))
    return settings(max_examples=40)(given(days)(test))


def find(surface, classes=DATES):
    ((name, first, last),) = [
        (name, expression.first, expression.last)
        for name, members in classes.items()
        for expression in members
        if expression.surface == surface
    ]
    return name, f"{first}..{last}"


def intervals(reference, periods=PERIODS):
    classes = date_classes(reference, periods, NO_YEARS)
    return {e.surface: (e.first, e.last) for members in classes.values() for e in members}


MEANINGS = """
relative_day 今天 2024-06-15..2024-06-15
relative_day 今日 2024-06-15..2024-06-15
relative_day 昨天 2024-06-14..2024-06-14
relative_day 昨日 2024-06-14..2024-06-14
relative_day 前天 2024-06-13..2024-06-13
relative_day 大前天 2024-06-12..2024-06-12
weekday 本周一 2024-06-10..2024-06-10
weekday 这周三 2024-06-12..2024-06-12
weekday 本周日 2024-06-16..2024-06-16
weekday 上周五 2024-06-07..2024-06-07
weekday 上周日 2024-06-09..2024-06-09
weekday 上周天 2024-06-09..2024-06-09
weekday 上上周一 2024-05-27..2024-05-27
weekday 周六 2024-06-15..2024-06-15
weekday 星期日 2024-06-09..2024-06-09
relative_week 本周 2024-06-10..2024-06-16
relative_week 上周 2024-06-03..2024-06-09
relative_week 上上周 2024-05-27..2024-06-02
relative_week 上周末 2024-06-08..2024-06-09
relative_week 本周以来 2024-06-10..2024-06-15
relative_month 本月 2024-06-01..2024-06-30
relative_month 上月 2024-05-01..2024-05-31
relative_month 上个月 2024-05-01..2024-05-31
relative_month 上上个月 2024-04-01..2024-04-30
relative_month 本月以来 2024-06-01..2024-06-15
relative_quarter 本季度 2024-04-01..2024-06-30
relative_quarter 上季度 2024-01-01..2024-03-31
relative_quarter 上上季度 2023-10-01..2023-12-31
relative_half 今年上半年 2024-01-01..2024-06-30
relative_half 去年下半年 2023-07-01..2023-12-31
relative_half 上半年 2024-01-01..2024-06-30
relative_half 下半年 2023-07-01..2023-12-31
relative_year 今年 2024-01-01..2024-12-31
relative_year 上年度 2023-01-01..2023-12-31
relative_year 前年 2022-01-01..2022-12-31
relative_year 今年以来 2024-01-01..2024-06-15
month 3月 2024-03-01..2024-03-31
month 4月 2024-04-01..2024-04-30
month 6月 2024-06-01..2024-06-30
month 07月 2023-07-01..2023-07-31
month 9月 2023-09-01..2023-09-30
month 12月 2023-12-01..2023-12-31
month 二月份 2024-02-01..2024-02-29
quarter 一季度 2024-01-01..2024-03-31
quarter 第二季度 2024-04-01..2024-06-30
quarter 三季度 2023-07-01..2023-09-30
quarter 4季度 2023-10-01..2023-12-31
month_of_relative_year 今年3月 2024-03-01..2024-03-31
month_of_relative_year 今年12月 2024-12-01..2024-12-31
month_of_relative_year 去年2月份 2023-02-01..2023-02-28
quarter_of_relative_year 今年第一季度 2024-01-01..2024-03-31
quarter_of_relative_year 去年四季度 2023-10-01..2023-12-31
year 2022年 2022-01-01..2022-12-31
year 二〇二二年 2022-01-01..2022-12-31
year 22年 2022-01-01..2022-12-31
year 2022年度 2022-01-01..2022-12-31
month_of_year 2024年5月 2024-05-01..2024-05-31
month_of_year 2024年05月 2024-05-01..2024-05-31
month_of_year 2023-02 2023-02-01..2023-02-28
month_of_year 2024/02 2024-02-01..2024-02-29
month_of_year 2024.05 2024-05-01..2024-05-31
month_of_year 二〇二四年十一月 2024-11-01..2024-11-30
month_of_year 24年5月 2024-05-01..2024-05-31
month_of_year 2024年5月份 2024-05-01..2024-05-31
quarter_of_year 2024年第一季度 2024-01-01..2024-03-31
quarter_of_year 2021年三季度 2021-07-01..2021-09-30
quarter_of_year 2024年4季度 2024-10-01..2024-12-31
half_of_year 2023年上半年 2023-01-01..2023-06-30
day 2020年04月28号 2020-04-28..2020-04-28
day 2020年4月28日 2020-04-28..2020-04-28
day 2020-04-28 2020-04-28..2020-04-28
day 2020/4/28 2020-04-28..2020-04-28
day 2020.04.28 2020-04-28..2020-04-28
day 20200428 2020-04-28..2020-04-28
day 二〇二〇年四月二十八日 2020-04-28..2020-04-28
day 2020年2月29日 2020-02-29..2020-02-29
day_of_month 3月5日 2024-03-05..2024-03-05
day_of_month 三月五日 2024-03-05..2024-03-05
day_of_month 6月15号 2024-06-15..2024-06-15
day_of_month 6月16号 2023-06-16..2023-06-16
day_of_month 2月29日 2024-02-29..2024-02-29
month_range 1月到3月 2024-01-01..2024-03-31
month_range 1-3月 2024-01-01..2024-03-31
month_range 一月到二月 2024-01-01..2024-02-29
month_range 5月至8月 2024-05-01..2024-08-31
month_range 10月至12月 2023-10-01..2023-12-31
month_range_of_relative_year 今年1-5月 2024-01-01..2024-05-31
month_range_of_year 2024年1月到3月 2024-01-01..2024-03-31
month_range_of_year 2024年1月至2024年3月 2024-01-01..2024-03-31
month_range_of_year 2024年1-3月 2024-01-01..2024-03-31
month_range_of_year 2023年11月至2024年2月 2023-11-01..2024-02-29
month_range_of_year 2023年10月到2023年12月 2023-10-01..2023-12-31
year_range 2022年到2024年 2022-01-01..2024-12-31
year_range 2022-2024年 2022-01-01..2024-12-31
day_range 2024年3月1日到15日 2024-03-01..2024-03-15
day_range 2024年3月1日至3月15日 2024-03-01..2024-03-15
day_range 2024-03-01至2024-03-15 2024-03-01..2024-03-15
day_range 3月1日到5日 2024-03-01..2024-03-05
day_range 12月20日到29日 2023-12-20..2023-12-29
rolling 近三个月 2024-03-16..2024-06-15
rolling 最近7天 2024-06-09..2024-06-15
rolling 近七天 2024-06-09..2024-06-15
rolling 近两周 2024-06-02..2024-06-15
rolling 近一年 2023-06-16..2024-06-15
rolling 过去半年 2023-12-16..2024-06-15
named_period 迎峰度夏期间 2024-06-01..2024-09-30
named_period 迎峰度冬期间 2023-11-15..2024-03-15
named_period_of_year 2023年迎峰度夏期间 2023-06-01..2023-09-30
named_period_of_year 今年迎峰度夏期间 2024-06-01..2024-09-30
named_period_of_year 去年迎峰度冬期间 2023-11-15..2024-03-15
"""


@pytest.mark.whole
@pytest.mark.parametrize("line", MEANINGS.split("\n")[1:-1])
def test_an_expression_means_its_days(line):
    name, surface, interval = line.split(" ")
    assert find(surface) == (name, interval)


@pytest.mark.whole
@pytest.mark.parametrize(
    ("reference", "surface", "interval"),
    [
        (date(2024, 2, 29), "近一年", "2023-03-01..2024-02-29"),
        (date(2024, 2, 29), "近一个月", "2024-01-30..2024-02-29"),
        (date(2024, 2, 29), "2月29日", "2024-02-29..2024-02-29"),
        (date(2024, 2, 28), "2月29日", "2020-02-29..2020-02-29"),
        (date(2024, 2, 29), "本月", "2024-02-01..2024-02-29"),
        (date(2024, 5, 31), "近三个月", "2024-03-01..2024-05-31"),
        (date(2024, 1, 1), "昨天", "2023-12-31..2023-12-31"),
        (date(2024, 1, 1), "上上月", "2023-11-01..2023-11-30"),
        (date(2024, 1, 1), "上季度", "2023-10-01..2023-12-31"),
        (date(2024, 1, 1), "1月", "2024-01-01..2024-01-31"),
        (date(2024, 1, 1), "迎峰度冬期间", "2023-11-15..2024-03-15"),
        (date(2024, 1, 1), "今年迎峰度冬期间", "2024-11-15..2025-03-15"),
        (date(2024, 1, 1), "今年以来", "2024-01-01..2024-01-01"),
        (date(2023, 12, 31), "本周", "2023-12-25..2023-12-31"),
        (date(2023, 12, 31), "1月", "2023-01-01..2023-01-31"),
        (date(2023, 12, 31), "下半年", "2023-07-01..2023-12-31"),
        (date(2023, 12, 31), "本季度", "2023-10-01..2023-12-31"),
        (date(2025, 1, 1), "本周一", "2024-12-30..2024-12-30"),
    ],
    ids=lambda value: str(value),
)
def test_an_expression_follows_the_reference_day(reference, surface, interval):
    assert find(surface, date_classes(reference, PERIODS, FEW_YEARS))[1] == interval


def test_no_expression_stands_twice_in_any_class():
    assert len({expression.surface for expression in EVERY}) == len(EVERY)


def test_no_class_is_empty_and_all_together_stay_bounded():
    assert min(map(len, DATES.values())) > 0
    assert len(EVERY) < 60_000


def test_no_expression_holds_white_space():
    assert not [expression for expression in EVERY if re.search(r"\s", expression.surface)]


def test_a_day_that_does_not_exist_is_not_there():
    bad = r"(^|年)二月三十|(^|年)0?2月3[01]|(^|年)0?(4|6|9|11)月31|20(19|2[123567])\D?0?2\D?29"
    assert not [expression.surface for expression in EVERY if re.search(bad, expression.surface)]


def test_every_day_written_in_figures_means_that_day():
    read = {}
    for surface, first, last in DATES["day"]:
        if figures := re.fullmatch(r"(\d{4})\D?(\d{1,2})\D?(\d{1,2})[日号]?", surface):
            read[date(*map(int, figures.groups()))] = (first, last)
    assert read == {day: (day, day) for day in read}
    assert (min(read), max(read)) == (date(2019, 1, 1), date(2027, 12, 31))
    assert len(read) == (max(read) - min(read)).days + 1


def test_one_digit_is_padded_in_month_and_day_together():
    surfaces = {expression.surface for expression in DATES["day"]}
    assert {"2024年4月8日", "2024年04月08日"} <= surfaces
    assert not {"2024年04月8日", "2024年4月08日"} & surfaces


def test_only_the_years_asked_for_are_written_out():
    classes = date_classes(date(2024, 6, 15), (), range(1999, 2002))
    assert [e.surface for e in classes["year"] if len(e.surface) == 3] == ["00年", "01年"]
    assert find("1999年", classes) == ("year", "1999-01-01..1999-12-31")
    assert {e.first.year for e in classes["day"]} == {1999, 2000, 2001}


def test_a_period_of_the_domain_replaces_an_expression_of_the_same_surface():
    classes = date_classes(date(2024, 6, 15), [Period("上半年", (4, 1), (9, 30))], FEW_YEARS)
    assert find("上半年", classes) == ("named_period", "2024-04-01..2024-09-30")
    assert find("2024年上半年", classes) == ("named_period_of_year", "2024-04-01..2024-09-30")
    assert find("今年下半年", classes) == ("relative_half", "2024-07-01..2024-12-31")


@pytest.mark.whole
def test_a_period_until_the_29th_of_february_ends_with_february_in_every_year():
    winter = [Period("冬季", (12, 1), (2, 29))]
    assert find("冬季", date_classes(date(2024, 6, 15), winter))[1] == "2023-12-01..2024-02-29"
    assert find("冬季", date_classes(date(2023, 6, 15), winter))[1] == "2022-12-01..2023-02-28"


def test_no_interval_ends_before_it_begins():
    assert not [expression for expression in EVERY if expression.first > expression.last]


@pytest.mark.whole
@on_any_day
def test_no_interval_ends_before_it_begins_whatever_the_reference_day(reference):
    assert not [span for span in intervals(reference).values() if span[0] > span[1]]


@pytest.mark.whole
@on_any_day
def test_current_units_hold_the_reference_day_and_follow_those_before(reference):
    spans = intervals(reference)
    for current, before, n_days in [
        ("今天", "昨天", 1),
        ("本周", "上周", 7),
        ("本月", "上月", 31),
        ("本季度", "上季度", 92),
        ("今年", "去年", 366),
    ]:
        first, last = spans[current]
        assert first <= reference <= last < first + timedelta(n_days)
        assert spans[before][1] + timedelta(1) == first


@pytest.mark.whole
@on_any_day
def test_what_names_no_year_is_the_latest_that_has_begun(reference):
    classes = date_classes(reference, PERIODS, NO_YEARS)
    a_year_before = reference - timedelta(366)
    for name in ("month", "quarter", "month_range", "named_period"):
        assert all(a_year_before < expression.first <= reference for expression in classes[name])


@pytest.mark.whole
@on_any_day
def test_a_weekday_alone_is_one_of_the_last_seven_days(reference):
    spans = intervals(reference)
    days = [spans[f"周{day}"][0] for day in "一二三四五六日"]
    assert [day.weekday() for day in days] == list(range(7))
    assert all(reference - timedelta(7) < day <= reference for day in days)


@pytest.mark.whole
@on_any_day
def test_rolling_expressions_end_on_the_reference_day(reference):
    rolling = date_classes(reference, (), NO_YEARS)["rolling"]
    assert {expression.last for expression in rolling} == {reference}


def test_a_byte_order_mark_comments_and_spaces_do_not_matter_in_a_table_of_periods(tmp_path):
    path = tmp_path / "periods.csv"
    path.write_bytes("\ufeff# ours\r\nName, First ,last\r\n\r\n\u3000春灌 ,03-01, 05-31\r\n".encode())
    assert read_periods(path) == (Period("春灌", (3, 1), (5, 31)),)


def test_all_faults_of_a_table_of_periods_are_said_at_once(tmp_path):
    path = tmp_path / "periods.csv"
    rows = ["# ours", "name,first,last", "a,6月1日,09-30", "b,02-30,W01-1", "c,01-01", ",01-01,01-02"]
    rows += ["d,02-29,03-01", "e,01-01,01-02", "e,01-01,01-03", "f\u200b,01-01,01-02", '"g,01-01,01-02']
    path.write_text("\n".join(rows), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        read_periods(path)
    assert str(caught.value).split("\n") == [
        f"{path}:3: '6月1日' is no day; expected MM-DD, as in 06-01",
        f"{path}:4: '02-30' is no day; expected MM-DD, as in 06-01",
        f"{path}:5: 2 cells in 'c,01-01'; expected name,first,last",
        f"{path}:6: the name '' is empty or holds an invisible character; type it anew",
        f"{path}:7: 'd' begins on 02-29, which is not in every year; write 02-28 or 03-01",
        f"{path}:9: 'e' stands already in line 8; leave one out",
        f"{path}:10: the name 'f\\u200b' is empty or holds an invisible character; type it anew",
        f"{path}:11: '\"g,01-01,01-02' is no CSV: unexpected end of data; expected name,first,last",
    ]


@pytest.mark.parametrize(
    "content", ["", "# ours\n", "期间,01-01,01-02\n"], ids=["empty", "comment", "no head"]
)
def test_a_table_of_periods_without_its_head_is_refused(tmp_path, content):
    path = tmp_path / "periods.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UserError, match=r"periods\.csv:1: the head is .*; expected name,first,last"):
        read_periods(path)


def test_the_power_domains_periods_say_that_they_are_definitions_to_edit():
    assert "edit them" in POWER.read_text(encoding="utf-8")
    assert len(PERIODS) == len({period.name for period in PERIODS}) > 15
