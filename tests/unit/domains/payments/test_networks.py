"""Addresses: valid text, in ranges that nobody owns, each country in a run of its own."""

from __future__ import annotations

import ipaddress

import numpy as np
import pytest

from rowmill.domains.payments.networks import dotted
from rowmill.draw.words import words
from support.payments import people_of, world_of

WORLD = world_of()
COUNTRIES = len(WORLD.reference.countries)
OWN, POOL = ipaddress.ip_network("100.64.0.0/10"), ipaddress.ip_network("198.18.0.0/15")


def test_dotted_text_is_what_the_standard_library_writes():
    numbers = np.array([0, 1, 255, 256, 1 << 24, (1 << 32) - 1, 100 << 24 | 64 << 16], np.int64)

    assert dotted(numbers).to_pylist() == [str(ipaddress.ip_address(int(number))) for number in numbers]


@pytest.mark.parametrize("homes", [{}, {"US": 1}, {"DE": 3, "JP": 1}])
def test_countries_have_runs_of_their_own(homes):
    networks = world_of(people={"home_countries": homes}).networks
    word = words(WORLD.key, np.arange(500))
    owners = {}
    for country in range(COUNTRIES):
        for number in np.unique(networks.own(np.full(500, country), word)).tolist():
            assert ipaddress.ip_address(number) in OWN
            assert owners.setdefault(number, country) == country

    pool = networks.pool.values.to_pylist()
    assert len(set(pool)) == len(pool)
    assert all(ipaddress.ip_address(text) in POOL for text in pool)
    places = networks.pooled(np.repeat(np.arange(COUNTRIES), 500), np.tile(word, COUNTRIES))
    assert (places // (len(pool) // COUNTRIES) == np.repeat(np.arange(COUNTRIES), 500)).all()


def test_people_live_at_addresses_of_their_country():
    people = people_of(sizes={"customers": 3000})
    book = people.address_book.values.to_pylist()
    own = book[len(people.world.networks.pool) :]
    country_of = {}
    for address, country in zip(own, people.country.tolist(), strict=True):
        country_of.setdefault(ipaddress.ip_address(address) in OWN and address.rsplit(".", 1)[0], set()).add(country)

    assert False not in country_of
    assert all(len(countries) == 1 for countries in country_of.values())
    assert len(set(own)) > 0.95 * len(own)
