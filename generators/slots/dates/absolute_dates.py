"""Dates with their year: 2022年, 2024年5月, 2020-04-28, 2024年3月1日到15日.

A year of two figures, as in 22年, is written for 2000-2099 only.
"""

from calendar import isleap
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import combinations

from nerforge.generators.slots.dates.periods import DateExpression, Period, clamped, in_year, said
from nerforge.generators.slots.dates.recurring_dates import (
    chosen_ranges,
    distinct,
    numeral,
    range_names,
    spelled,
)


def years_alone(years: Iterable[int]) -> Iterator[DateExpression]:
    """List 2022年, 22年, 2022年度, 二〇二二年 and so on."""
    for year in years:
        full, written = f"{year}年", f"{spelled(year)}年"
        surfaces = distinct(
            *(full, f"{full}度", f"{full}全年"),
            *(written, f"{written}度", written.replace("〇", "零")),
            *_short(year),
        )
        yield from said(surfaces, date(year, 1, 1), date(year, 12, 31))


def _short(year: int) -> tuple[str, ...]:
    return (f"{year % 100:02}年",) if year // 100 == 20 else ()


def of_years(periods: Sequence[Period], years: Iterable[int]) -> Iterator[DateExpression]:
    """Put years before periods; a year in characters stands before characters only, as in 二〇二四年五月."""
    for year in years:
        figures = (f"{year}年", *_short(year))
        either = (*figures, f"{spelled(year)}年")
        for period in periods:
            _, first, last = in_year(period, year)
            forms = figures if any(c.isascii() for c in period.name) else either
            yield from said((form + period.name for form in forms), first, last)


def months_in_figures(years: Iterable[int]) -> Iterator[DateExpression]:
    """List 2024-05, 2024/05, 2024.05 and 202405 for every month."""
    for year in years:
        for month in range(1, 13):
            surfaces = (f"{year}{mark}{month:02}" for mark in ("-", "/", ".", ""))
            yield from said(surfaces, date(year, month, 1), clamped(year, month, 31))


def days(years: Iterable[int]) -> Iterator[DateExpression]:
    """List every day in every form."""
    for year in years:
        for n in range(365 + isleap(year)):
            day = date(year, 1, 1) + timedelta(n)
            yield from said(_day_forms(year, day.month, day.day), day, day)


def _day_forms(year: int, month: int, day: int) -> tuple[str, ...]:
    plain, padded = f"{year}年{month}月{day}", f"{year}年{month:02}月{day:02}"
    return distinct(
        *(f"{plain}日", f"{plain}号", f"{padded}日", f"{padded}号"),
        *(f"{year}{mark}{month:02}{mark}{day:02}" for mark in ("-", "/", ".", "")),
        f"{year}/{month}/{day}",
        f"{spelled(year)}年{numeral(month)}月{numeral(day)}日",
        *(f"{short}{month}月{day}日" for short in _short(year)),
    )


def year_ranges(years: Iterable[int]) -> Iterator[DateExpression]:
    """List 2022年到2024年, 2022-2024年 and the like for every two years."""
    for first, last in combinations(years, 2):
        surfaces = [f"{first}年到{last}年", f"{first}年至{last}年", f"{first}至{last}年", f"{first}-{last}年"]
        surfaces += [f"{a}到{b}" for a in _short(first) for b in _short(last)]
        yield from said(surfaces, date(first, 1, 1), date(last, 12, 31))


def month_ranges_with_both_years(years: Iterable[int]) -> Iterator[DateExpression]:
    """List 2024年1月至2024年3月 and the like; a range ends in its year or by March of the next."""
    for year in years:
        # A month above 12 is one of the next year.
        for first, last in combinations(range(1, 16), 2):
            if first > 12:
                continue
            end = clamped(year + (last > 12), (last - 1) % 12 + 1, 31)
            surfaces = (f"{year}年{first}月{to}{end.year}年{end.month}月" for to in "到至")
            yield from said(surfaces, date(year, first, 1), end)


def day_ranges_of_years(years: Iterable[int]) -> Iterator[DateExpression]:
    """List 2024年3月1日到15日, 2024-03-01至2024-03-15 and the like for a choice of ranges."""
    for first, last in chosen_ranges(years):
        whole = f"{first.year}年{first.month}月{first.day}日至{last.year}年{last.month}月{last.day}日"
        surfaces = [whole, f"{first}至{last}", f"{first:%Y.%m.%d}-{last:%Y.%m.%d}"]
        if first.year == last.year:
            surfaces += [f"{first.year}年{name}" for name in range_names(first, last)]
        yield from said(surfaces, first, last)
