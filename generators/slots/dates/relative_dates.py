"""Dates counted from the reference day: 今天, 上周五, 本季度, 近三个月."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from nerforge.generators.slots.dates.periods import DateExpression, clamped, said
from nerforge.generators.slots.dates.recurring_dates import numeral

_DAY = timedelta(days=1)

# In each tuple, the names of what is 0, 1, 2 ... units back.
_DAYS = (("今天", "今日", "当天"), ("昨天", "昨日"), ("前天", "前日"), ("大前天",))
_WEEKS = (
    ("本周", "这周", "本星期", "这星期", "这个星期", "这礼拜", "这个礼拜"),
    ("上周", "上星期", "上个星期", "上礼拜", "上个礼拜"),
    ("上上周", "上上星期", "上上个星期"),
)
_WEEKS_WITHOUT_DAYS = (("这一周",), ("上一周",))
_MONTHS = (
    ("本月", "本月份", "这个月", "当月"),
    ("上月", "上月份", "上个月", "上一个月"),
    ("上上月", "上上个月"),
)
_QUARTERS = (
    ("本季度", "这个季度", "这一季度", "当季度"),
    ("上季度", "上个季度", "上一季度", "上一个季度"),
    ("上上季度", "上上个季度"),
)
_YEARS = (
    ("今年", "本年", "本年度", "今年全年"),
    ("去年", "上年", "上年度", "上一年", "上一年度", "去年全年"),
    ("前年", "前年全年"),
    ("大前年",),
)


def relative_days(reference: date) -> Iterator[DateExpression]:
    """List 今天, 昨天, 前天 and so on."""
    for back, names in enumerate(_DAYS):
        day = reference - back * _DAY
        yield from said(names, day, day)


def relative_weeks(reference: date) -> Iterator[DateExpression]:
    """List 本周, 上周末 and so on; a week begins on Monday, 周末 is Saturday and Sunday."""
    monday = _monday(reference)
    for weeks in (_WEEKS, _WEEKS_WITHOUT_DAYS):
        for back, names in enumerate(weeks):
            first = monday - 7 * back * _DAY
            yield from said(names, first, first + 6 * _DAY)
    for back, (week, *_) in enumerate(_WEEKS):
        saturday = monday + (5 - 7 * back) * _DAY
        yield DateExpression(f"{week}末", saturday, saturday + _DAY)
    yield DateExpression("本周以来", monday, reference)


def weekdays(reference: date) -> Iterator[DateExpression]:
    """List 本周一, 上周日, 星期五 and so on; without a week it is the latest day of that name."""
    monday = _monday(reference)
    for number, days in enumerate(("一", "二", "三", "四", "五", "六", "日天")):
        latest = reference - (reference.weekday() - number) % 7 * _DAY
        for day in days:
            yield from said((f"周{day}", f"星期{day}", f"礼拜{day}"), latest, latest)
            for back, weeks in enumerate(_WEEKS):
                meant = monday + (number - 7 * back) * _DAY
                yield from said((week + day for week in weeks), meant, meant)


def _monday(reference: date) -> date:
    return reference - reference.weekday() * _DAY


def relative_months(reference: date) -> Iterator[DateExpression]:
    """List 本月, 上个月 and so on."""
    return _units(reference, 1, _MONTHS, ("本月以来",))


def relative_quarters(reference: date) -> Iterator[DateExpression]:
    """List 本季度, 上季度 and so on."""
    return _units(reference, 3, _QUARTERS, ("本季度以来",))


def relative_years(reference: date) -> Iterator[DateExpression]:
    """List 今年, 上年度, 今年以来 and so on."""
    return _units(reference, 12, _YEARS, ("今年以来", "今年至今", "年初以来", "年初至今"))


def _units(
    reference: date, n_months: int, names: Sequence[Sequence[str]], so_far: Sequence[str]
) -> Iterator[DateExpression]:
    """Count units of ``n_months`` back from the one that holds the reference day."""
    month = _month_number(reference)
    current = month - month % n_months
    for back, surfaces in enumerate(names):
        first = current - back * n_months
        yield from said(surfaces, _first_day(first), _first_day(first + n_months) - _DAY)
    yield from said(so_far, _first_day(current), reference)


def _month_number(day: date) -> int:
    return 12 * day.year + day.month - 1


def _first_day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)


def rolling(reference: date) -> Iterator[DateExpression]:
    """List 近三个月, 最近7天 and so on, which end on the reference day.

    Months and years begin on the day after the same day so many months before, or after that month's last day
    where it is shorter. 半个月 is 15 days.
    """
    for prefix in ("近", "最近", "过去"):
        for length, first in _lengths(reference):
            yield DateExpression(prefix + length, first, reference)


def _lengths(reference: date) -> Iterator[tuple[str, date]]:
    for n in (2, 3, 5, 7, 10, 14, 15, 20, 30, 60, 90):
        yield from ((count + unit, _days_back(reference, n)) for count in _counts(n) for unit in "天日")
    for n in range(1, 5):
        for count in _counts(n):
            yield from ((count + unit, _days_back(reference, 7 * n)) for unit in ("周", "个星期"))
    for n in range(1, 13):
        yield from ((f"{count}个月", _months_back(reference, n)) for count in _counts(n))
    for n in range(1, 6):
        yield from ((f"{count}年", _months_back(reference, 12 * n)) for count in _counts(n))
    yield "半个月", _days_back(reference, 15)
    yield "半年", _months_back(reference, 6)


def _counts(number: int) -> tuple[str, str]:
    return str(number), "两" if number == 2 else numeral(number)


def _days_back(reference: date, n_days: int) -> date:
    return reference - (n_days - 1) * _DAY


def _months_back(reference: date, n_months: int) -> date:
    month = _month_number(reference) - n_months
    return clamped(month // 12, month % 12 + 1, reference.day) + _DAY
