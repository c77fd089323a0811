"""A user's own customers, cards and merchants: read from files, checked, and put in the order of their ids.

A file takes the place of a catalog. Its ids stay; whatever it does not say is drawn, keyed by the id, as for entities
that are made. The spec holds a digest of what was read, never a path, and the order of the rows does not matter.
"""

from __future__ import annotations

import hashlib
from dataclasses import fields, replace

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from rowmill.core.errors import SpecError, UsageError
from rowmill.domains.payments.own.entities import NOTHING, Own, OwnCards, OwnCustomers, OwnMerchants, places
from rowmill.domains.payments.reference import SCHEMES, Reference, load
from rowmill.domains.payments.spec import PaymentsSpec
from rowmill.domains.payments.volume import customer_count
from rowmill.draw.arrays import Ints
from rowmill.model.inputs import InputContent, Inputs, Reader, Reading, read_inputs
from rowmill.model.spec import nearest
from rowmill.model.tablefile import MAX_ROWS
from rowmill.model.userfile import MISSING, Columns, UserFile

MAX_CUSTOMER_ID, MAX_CARD_ID, MAX_MERCHANT_ID = 1 << 34, 1 << 36, 1 << 48
FIRST_YEAR, LAST_YEAR = 2015, 2046
_MAX_MERCHANTS = 5_000_000
_COUNTRIES = ("country", "merchant_country")
"""Columns in which NA is Namibia."""
_DEGREES = np.pi / 180


def load_own(spec: PaymentsSpec, inputs: Inputs) -> tuple[PaymentsSpec, Own, tuple[str, ...]]:
    """Read the files that take the place of catalogs; return the spec with their digests too, and notes on them.

    Raises:
        SpecError: if the spec and a file do not go together.
        UsageError: if a file cannot be used, naming file, row, value and rule, or is not the one that the spec is of.
    """
    read = read_inputs(spec, inputs, _READERS)
    return read.spec, replace(NOTHING, **read.values), read.notes


def _opened(name: str, path: str, needed: tuple[str, ...], optional: tuple[str, ...], notes: list[str]) -> UserFile:
    """Return a file; a line on columns of it that no row is made from is added to the notes."""
    most = _MAX_MERCHANTS if name == "merchants" else MAX_ROWS
    file = UserFile(path, Columns(needed, optional, literal=_COUNTRIES, most=most))
    if file.ignored:
        notes.append(f"{path}: columns that {name} do not use: {', '.join(file.ignored)}")
    return file


def _customers(reading: Reading[PaymentsSpec]) -> InputContent:
    path, spec, reference, notes = reading.path, reading.spec, load(), list[str]()
    file = _opened("customers", path, ("customer_id", "country"), ("city", "latitude", "longitude"), notes)
    if spec.unknown_codes == "leave_out":
        notes += file.leave_out_unknown("country", reference.countries)
    ids = file.integers("customer_id", 1, MAX_CUSTOMER_ID)
    file.unique("customer_id", ids)
    if spec.sizes.customers not in (None, file.rows):
        raise SpecError(f"data.sizes.customers: got {spec.sizes.customers} beside {path} with {file.rows}; drop it")
    country = file.codes("country", reference.countries)
    latitude, longitude = _coordinates(file)
    city = _named_city(file, country, reference)
    near = _nearest_city(country, latitude, longitude, reference)
    city = np.where(latitude == MISSING, city, near)
    order = np.argsort(ids)
    read = OwnCustomers(ids[order] - 1, country[order], city[order], latitude[order], longitude[order])
    return InputContent(read, _digest(reading.name, read), tuple(notes))


def _cards(reading: Reading[PaymentsSpec]) -> InputContent:
    path, spec, notes = reading.path, reading.spec, list[str]()
    customers: OwnCustomers | None = reading.before.get("customers")
    optional = ("card_pan_hash", "card_scheme", "card_exp_year", "card_exp_month")
    file = _opened("cards", path, ("card_id", "customer_id"), optional, notes)
    owner = file.integers("customer_id", 1, MAX_CUSTOMER_ID)
    if customers is not None and spec.unknown_codes == "leave_out":
        alone = places(customers.number, owner - 1) < 0
        notes += file.leave_out(alone, "customer_id is not in the file of customers, or left out there")
        owner = owner[~alone]
    ids = file.integers("card_id", 1, MAX_CARD_ID)
    file.unique("card_id", ids)
    if customers is not None:
        file.refuse("customer_id", places(customers.number, owner - 1) < 0, "the customers file has no such customer")
    else:
        count = customer_count(spec)
        rule = f"there are customers 1 … {count}; set data.sizes.customers, or give a file of customers too"
        file.refuse("customer_id", owner > count, rule)
    hashes = _hashes(file)
    nothing = np.full(file.rows, MISSING)
    scheme = file.codes("card_scheme", SCHEMES, missing=True) if "card_scheme" in file else nothing
    order = np.lexsort((ids, owner))
    read = OwnCards(
        number=ids[order] - 1,
        customer=owner[order] - 1,
        scheme=scheme[order],
        expiry=_expiry(file)[order],
        pan_hash=None if hashes is None else hashes[order],
    )
    return InputContent(read, _digest(reading.name, read), tuple(notes))


def _merchants(reading: Reading[PaymentsSpec]) -> InputContent:
    path, spec, reference, notes = reading.path, reading.spec, load(), list[str]()
    needed = ("merchant_id", "merchant_country", "mcc_code", "latitude", "longitude")
    file = _opened("merchants", path, needed, ("is_online",), notes)
    if spec.unknown_codes == "leave_out":
        notes += file.leave_out_unknown("merchant_country", reference.countries)
        notes += file.leave_out_unknown("mcc_code", reference.mccs, digits=4)
    ids = file.integers("merchant_id", 1, MAX_MERCHANT_ID)
    file.unique("merchant_id", ids)
    if spec.sizes.merchants not in (None, file.rows):
        raise SpecError(f"data.sizes.merchants: got {spec.sizes.merchants} beside {path} with {file.rows}; drop it")
    country = file.codes("merchant_country", reference.countries)
    code = file.codes("mcc_code", reference.mccs, digits=4)
    latitude, longitude = _coordinates(file)
    for name, values in (("latitude", latitude), ("longitude", longitude)):
        file.refuse(name, values == MISSING, "a merchant needs a place")
    online = file.flags("is_online") if "is_online" in file else np.full(file.rows, MISSING)
    city = _nearest_city(country, latitude, longitude, reference)
    order = np.argsort(ids)
    read = OwnMerchants(
        ids[order] - 1, country[order], city[order], code[order], online[order], latitude[order], longitude[order]
    )
    return InputContent(read, _digest(reading.name, read), tuple(notes))


def _coordinates(file: UserFile) -> tuple[Ints, Ints]:
    """Return latitude and longitude in micro-degrees, both or none a row."""
    if "latitude" not in file and "longitude" not in file:
        nothing = np.full(file.rows, MISSING)
        return nothing, nothing
    for name, other in (("latitude", "longitude"), ("longitude", "latitude")):
        if name not in file:
            raise UsageError(f"{file.path}: has {other} without {name}; give both or none")
    latitude, longitude = file.degrees("latitude", 90), file.degrees("longitude", 180)
    file.refuse("latitude", (latitude == MISSING) & (longitude != MISSING), "it must be there where longitude is")
    file.refuse("longitude", (longitude == MISSING) & (latitude != MISSING), "it must be there where latitude is")
    return latitude, longitude


def _named_city(file: UserFile, country: Ints, reference: Reference) -> Ints:
    """Return the city that each row names, ``MISSING`` where it names none."""
    city = np.full(file.rows, MISSING)
    if "city" not in file:
        return city
    texts = pc.utf8_lower(file.texts("city"))
    names = texts.dictionary_encode()
    codes = names.indices.fill_null(-1).to_numpy(zero_copy_only=False).astype(np.int64)
    known: dict[tuple[int, str], int] = {
        (int(reference.city_country[at]), name.lower()): at for at, name in enumerate(reference.cities)
    }
    listed = names.dictionary.to_pylist()
    pairs, inverse = np.unique(np.stack((country, codes)), axis=1, return_inverse=True)
    found = [MISSING if code < 0 else known.get((int(c), listed[code]), -1) for c, code in pairs.T.tolist()]
    city = np.array(found, np.int64)[inverse.ravel()]
    if (city == -1).any():
        where = int(country[np.argmax(city == -1)])
        there = [name for name, at in zip(reference.cities, reference.city_country, strict=True) if at == where]
        received = str(texts[int(np.argmax(city == -1))].as_py()).title()
        hint = nearest(received, there)
        file.refuse("city", city == -1, f"in {reference.countries[where]} {hint}; or give latitude and longitude")
    return city


def _nearest_city(country: Ints, latitude: Ints, longitude: Ints, reference: Reference) -> Ints:
    """Return the city of the country that lies nearest to each place, ``MISSING`` where no place is given."""
    city = np.full(len(country), MISSING)
    placed = latitude != MISSING
    for code in np.unique(country[placed]):
        here = np.flatnonzero(reference.city_country == code)
        rows = np.flatnonzero(placed & (country == code))
        best, least = np.full(len(rows), here[0]), np.full(len(rows), np.inf)
        for at in here:
            north = (latitude[rows] - reference.city_latitude[at]) / 1e6
            east = ((longitude[rows] - reference.city_longitude[at]) / 1e6 + 180) % 360 - 180
            away = north**2 + (east * np.cos(reference.city_latitude[at] / 1e6 * _DEGREES)) ** 2
            best, least = np.where(away < least, at, best), np.minimum(away, least)
        city[rows] = best
    return city


def _hashes(file: UserFile) -> NDArray[np.bytes_] | None:
    if "card_pan_hash" not in file:
        return None
    texts = file.texts("card_pan_hash")
    fits = pc.match_substring_regex(texts, pattern="^[0-9a-f]{64}$").fill_null(fill_value=True)
    file.refuse("card_pan_hash", ~fits.to_numpy(zero_copy_only=False), "it must be 64 hexadecimal digits in lower case")
    hashes = np.array([text or "" for text in texts.to_pylist()], "S64")
    given = np.flatnonzero(hashes != b"")
    distinct, first = np.unique(hashes[given], return_index=True)
    if len(distinct) < len(given):
        again = np.setdiff1d(given, given[first])
        raise file.error(int(again[0]), "card_pan_hash", "another row has it already; each must be unique")
    return hashes


def _expiry(file: UserFile) -> Ints:
    """Return the months from year 0 to each card's expiry, ``MISSING`` where the file has none."""
    if "card_exp_year" not in file and "card_exp_month" not in file:
        return np.full(file.rows, MISSING)
    for name, other in (("card_exp_year", "card_exp_month"), ("card_exp_month", "card_exp_year")):
        if name not in file:
            raise UsageError(f"{file.path}: has {other} without {name}; give both or none")
    year = file.integers("card_exp_year", FIRST_YEAR, LAST_YEAR, missing=True)
    month = file.integers("card_exp_month", 1, 12, missing=True)
    file.refuse("card_exp_month", (year == MISSING) != (month == MISSING), "year and month must be there together")
    return np.where(year == MISSING, MISSING, year * 12 + month - 1)


def _digest(name: str, read: OwnCustomers | OwnCards | OwnMerchants) -> str:
    """Return 32 hexadecimal digits over what was read, whatever the format of the file and the order of its rows."""
    state = hashlib.sha256(name.encode())
    for column in fields(read):
        values = getattr(read, column.name)
        if values is not None:
            state.update(f"\x1f{column.name}\x1f{len(values)}\x1f".encode() + values.tobytes())
    return state.hexdigest()[:32]


_READERS = {"customers": Reader(_customers), "cards": Reader(_cards), "merchants": Reader(_merchants)}
"""A card's customer is looked up among the customers that were read."""
