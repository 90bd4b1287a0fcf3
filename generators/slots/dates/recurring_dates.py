"""Months, quarters, days and ranges of them as people write them without a year."""

from calendar import monthrange
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import combinations

from nerforge.generators.slots.dates.periods import Period, clamped

_FIGURES = "〇一二三四五六七八九"
_DAY_PAIRS = ((1, 5), (1, 10), (1, 15), (11, 20), (16, 31), (21, 31))
_RANGE_DAYS = (2, 4, 6, 9, 14, 19)
_DAYS_BETWEEN_RANGES = 13


def spelled(number: int) -> str:
    """Write figure by figure, as in 二〇二四."""
    return "".join(_FIGURES[int(figure)] for figure in str(number))


def numeral(number: int) -> str:
    """Write a number from 1 to 99, as in 二十八."""
    tens, ones = divmod(number, 10)
    return (_FIGURES[tens] if tens > 1 else "") + ("十" if tens else "") + (_FIGURES[ones] if ones else "")


def distinct(*forms: str) -> tuple[str, ...]:
    """Keep each form once, in order."""
    return tuple(dict.fromkeys(forms))


def months() -> list[Period]:
    """List 3月, 03月, 三月, 3月份, 三月份 and so on."""
    return [
        Period(name, (month, 1), (month, _month_end(month)))
        for month in range(1, 13)
        for name in _month_names(month)
    ]


def _month_names(month: int) -> tuple[str, ...]:
    plain, padded, written = f"{month}月", f"{month:02}月", f"{numeral(month)}月"
    return distinct(plain, padded, written, f"{plain}份", f"{written}份")


def _month_end(month: int) -> int:
    return monthrange(2000, month)[1]


def quarters() -> list[Period]:
    """List 一季度, 第一季度, 1季度, 第1季度, Q1 and so on."""
    return [
        Period(name, (3 * quarter - 2, 1), (3 * quarter, _month_end(3 * quarter)))
        for quarter in range(1, 5)
        for name in (*_quarter_names(numeral(quarter)), *_quarter_names(str(quarter)), f"Q{quarter}")
    ]


def _quarter_names(number: str) -> tuple[str, str]:
    return f"{number}季度", f"第{number}季度"


def halves() -> list[Period]:
    """List 上半年 and 下半年."""
    return [Period("上半年", (1, 1), (6, 30)), Period("下半年", (7, 1), (12, 31))]


def month_ranges() -> list[Period]:
    """List 1月到3月 and the like for every two months of a year."""
    return [
        Period(name, (first, 1), (last, _month_end(last)))
        for first, last in combinations(range(1, 13), 2)
        for name in (
            f"{first}月到{last}月",
            f"{first}月至{last}月",
            f"{first}-{last}月",
            f"{numeral(first)}月到{numeral(last)}月",
            f"{numeral(first)}月至{numeral(last)}月",
        )
    ]


def days_of_month() -> list[Period]:
    """List 3月5日, 3月5号, 03月05日, 三月五日, 三月五号 and so on."""
    return [
        Period(name, (month, day), (month, day))
        for month in range(1, 13)
        for day in range(1, _month_end(month) + 1)
        for name in distinct(
            f"{month}月{day}日",
            f"{month}月{day}号",
            f"{month:02}月{day:02}日",
            f"{numeral(month)}月{numeral(day)}日",
            f"{numeral(month)}月{numeral(day)}号",
        )
    ]


def day_ranges() -> list[Period]:
    """List 3月1日到5日, 3月28日至4月3日 and the like."""
    # 2023 has no February 29, so every range is in every year.
    return [
        Period(name, (first.month, first.day), (last.month, last.day))
        for first, last in chosen_ranges((2023,))
        for name in range_names(first, last)
    ]


def chosen_ranges(years: Iterable[int]) -> Iterator[tuple[date, date]]:
    """Choose the usual parts of every month, and ranges of changing length from days all over the year."""
    for year in years:
        usual = [
            (date(year, month, first), clamped(year, month, last))
            for month in range(1, 13)
            for first, last in _DAY_PAIRS
        ]
        starts = (date(year, 1, 3) + timedelta(days) for days in range(0, 360, _DAYS_BETWEEN_RANGES))
        spread = [
            (start, start + timedelta(_RANGE_DAYS[n % len(_RANGE_DAYS)])) for n, start in enumerate(starts)
        ]
        yield from dict.fromkeys(usual + spread)


def range_names(first: date, last: date) -> tuple[str, ...]:
    """Write a range without its year."""
    start = f"{first.month}月{first.day}"
    names = tuple(f"{start}日{to}{last.month}月{last.day}日" for to in "到至")
    if (first.year, first.month) != (last.year, last.month):
        return names
    return (*names, f"{start}日到{last.day}日", f"{start}号到{last.day}号", f"{start}-{last.day}日")
