"""Date expressions: valid, distinct, and holding the forms that people write."""

import re
from datetime import date

import pytest

from generators.power.dates import date_expressions

DATES = date_expressions()
EVERY = [expression for members in DATES.values() for expression in members]


@pytest.mark.parametrize(
    ("name", "expression"),
    [
        ("relative_day", "今天"),
        ("relative_week", "本周"),
        ("relative_month", "上月"),
        ("month", "3月"),
        ("relative_quarter", "本季度"),
        ("quarter", "一季度"),
        ("quarter_of_relative_year", "今年第一季度"),
        ("month_of_relative_year", "去年12月"),
        ("year", "2022年"),
        ("month_of_year", "2024年5月"),
        ("month_of_year", "2024年05月"),
        ("quarter_of_year", "2024年第三季度"),
        ("day", "2020年04月28号"),
        ("day", "2020年2月29日"),
    ],
)
def test_the_forms_that_people_write_are_there(name, expression):
    assert expression in DATES[name]


def test_no_expression_stands_twice_in_any_class():
    assert len(EVERY) == len(set(EVERY))


def test_every_day_is_in_the_calendar():
    pattern = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]")
    days = {date(*map(int, pattern.fullmatch(day).groups())) for day in DATES["day"]}
    assert (min(days), max(days)) == (date(2019, 1, 1), date(2026, 12, 31))
    assert len(days) == (date(2027, 1, 1) - date(2019, 1, 1)).days


def test_every_month_is_one_of_twelve():
    months = {int(month) for text in EVERY for month in re.findall(r"(\d+)月", text)}
    assert months == set(range(1, 13))


def test_a_day_that_does_not_exist_is_not_there():
    assert not {"2023年2月29日", "2024年2月30日", "2024年4月31号"} & set(DATES["day"])


def test_one_digit_is_padded_in_month_and_day_together():
    assert {"2024年4月8日", "2024年04月08日"} <= set(DATES["day"])
    assert not {"2024年04月8日", "2024年4月08日"} & set(DATES["day"])
