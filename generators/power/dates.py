"""Date expressions by class, so that a class with many members does not crowd out the others."""

from calendar import monthrange

_QUARTERS = ("一", "二", "三", "四")
_YEARS = range(2019, 2027)


def date_expressions() -> dict[str, tuple[str, ...]]:
    """List the expressions of every class."""
    months = [f"{month}月" for month in range(1, 13)]
    quarters = [f"{prefix}{quarter}季度" for quarter in _QUARTERS for prefix in ("", "第")]
    return {
        "relative_day": ("今天", "昨天", "前天"),
        "relative_week": ("本周", "上周", "这周"),
        "relative_month": ("本月", "上月", "上个月", "这个月"),
        "relative_quarter": ("本季度", "上季度", "上个季度"),
        "relative_year": ("今年", "去年", "本年度", "上年度"),
        "month": tuple(months),
        "quarter": tuple(quarters),
        "month_of_relative_year": tuple(year + month for year in ("今年", "去年") for month in months),
        "quarter_of_relative_year": tuple(
            year + quarter for year in ("今年", "去年") for quarter in quarters
        ),
        "year": tuple(f"{year}年" for year in _YEARS),
        "month_of_year": tuple(
            form
            for year in _YEARS
            for month in range(1, 13)
            for form in _distinct(f"{year}年{month}月", f"{year}年{month:02}月")
        ),
        "quarter_of_year": tuple(f"{year}年{quarter}" for year in _YEARS for quarter in quarters),
        "day": tuple(
            form
            for year in _YEARS
            for month in range(1, 13)
            for day in range(1, monthrange(year, month)[1] + 1)
            for suffix in ("日", "号")
            for form in _distinct(f"{year}年{month}月{day}{suffix}", f"{year}年{month:02}月{day:02}{suffix}")
        ),
    }


def _distinct(*forms: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(forms))
