"""Date expressions as people write them in Chinese queries, by class, each with the days it means.

An interval is whole even where it reaches beyond the reference day: 本月 is its first to its last day. Only
以来, 至今 and the rolling expressions (近三个月) end on the reference day. What names no year means its
latest occurrence that has begun by the reference day: on 2024-06-15, 6月 is June 2024, 12月 is December
2023, 上半年 is this year's and 下半年 last year's. What crosses the year's end is named for the year in which
it begins. Weeks run from Monday to Sunday.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from nerforge.generators.slots.dates import absolute_dates as absolute
from nerforge.generators.slots.dates import recurring_dates as recurring
from nerforge.generators.slots.dates import relative_dates as relative
from nerforge.generators.slots.dates.periods import DateExpression, Period, in_year, latest, read_periods

__all__ = ["DateExpression", "Period", "date_classes", "read_periods"]

_YEARS = range(2019, 2028)
_RELATIVE_YEARS = {"今年": 0, "去年": 1, "前年": 2, "本年度": 0, "上年度": 1}


def date_classes(
    reference: date, periods: Sequence[Period], years: range = _YEARS
) -> dict[str, tuple[DateExpression, ...]]:
    """List the expressions of every class; ``years`` are those that are written out.

    A surface stands in one class and once. Where a period of the domain has the surface of another
    expression, the domain's meaning holds: it may have its own 上半年.
    """
    named = tuple(latest(periods, reference))
    of_year = _besides(
        _surfaces(named),
        [*_of_relative_years(periods, reference), *absolute.of_years(periods, years)],
    )
    taken = _surfaces(named) | _surfaces(of_year)
    classes = _without_periods(reference, years)
    return {name: _besides(taken, members) for name, members in classes.items()} | {
        "named_period": named,
        "named_period_of_year": of_year,
    }


def _without_periods(reference: date, years: range) -> dict[str, Iterable[DateExpression]]:
    months, quarters, halves = recurring.months(), recurring.quarters(), recurring.halves()
    month_ranges = recurring.month_ranges()
    return {
        "relative_day": relative.relative_days(reference),
        "weekday": relative.weekdays(reference),
        "relative_week": relative.relative_weeks(reference),
        "relative_month": relative.relative_months(reference),
        "relative_quarter": relative.relative_quarters(reference),
        "relative_half": [*latest(halves, reference), *_of_relative_years(halves, reference)],
        "relative_year": relative.relative_years(reference),
        "month": latest(months, reference),
        "quarter": latest(quarters, reference),
        "month_of_relative_year": _of_relative_years(months, reference),
        "quarter_of_relative_year": _of_relative_years(quarters, reference),
        "year": absolute.years_alone(years),
        "month_of_year": [*absolute.of_years(months, years), *absolute.months_in_figures(years)],
        "quarter_of_year": absolute.of_years(quarters, years),
        "half_of_year": absolute.of_years(halves, years),
        "day": absolute.days(years),
        "day_of_month": latest(recurring.days_of_month(), reference),
        "month_range": latest(month_ranges, reference),
        "month_range_of_relative_year": _of_relative_years(month_ranges, reference),
        "month_range_of_year": [
            *absolute.of_years(month_ranges, years),
            *absolute.month_ranges_with_both_years(years),
        ],
        "year_range": absolute.year_ranges(years),
        "day_range": [
            *latest(recurring.day_ranges(), reference),
            *absolute.day_ranges_of_years(years),
        ],
        "rolling": relative.rolling(reference),
    }


def _of_relative_years(periods: Iterable[Period], reference: date) -> Iterator[DateExpression]:
    for period in periods:
        for said, back in _RELATIVE_YEARS.items():
            _, first, last = in_year(period, reference.year - back)
            yield DateExpression(said + period.name, first, last)


def _surfaces(members: Iterable[DateExpression]) -> set[str]:
    return {member.surface for member in members}


def _besides(taken: set[str], members: Iterable[DateExpression]) -> tuple[DateExpression, ...]:
    return tuple(member for member in members if member.surface not in taken)
