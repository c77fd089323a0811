"""Merchants: the same however many there are, each inside its country, with the codes of its kind."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from rowmill.core.errors import SpecError
from rowmill.core.keys import Key
from rowmill.domains.payments.market import Market
from rowmill.domains.payments.merchants import SPREAD
from rowmill.draw.words import words
from support.payments import world_of

MANY = world_of(sizes={"merchants": 6000}, places={"jitter_degrees": 0.5})
SHOPS, REFERENCE = MANY.merchants, MANY.reference
ARRAYS = ("city", "country", "kind", "online", "code", "weight", "latitude", "longitude")


@pytest.mark.parametrize("count", [1, 40, 3000])
def test_the_first_merchants_are_the_same_however_many_there_are(count):
    few = world_of(sizes={"merchants": count}, places={"jitter_degrees": 0.5}).merchants
    terminals = few.terminals.first[-1]

    assert len(few) == count
    for name in ARRAYS:
        assert (getattr(few, name) == getattr(SHOPS, name)[:count]).all(), name
    assert (few.terminals.first == SHOPS.terminals.first[: count + 1]).all()
    for name in ("latitude", "longitude"):
        assert getattr(few.terminals, name).values.equals(getattr(SHOPS.terminals, name).values[:terminals])


def test_a_merchant_stands_within_reach_of_its_city_s_middle_and_its_country():
    assert (SHOPS.country == REFERENCE.city_country[SHOPS.city]).all()
    margin = REFERENCE.city_margin[SHOPS.city]
    for place, middle in (("latitude", REFERENCE.city_latitude), ("longitude", REFERENCE.city_longitude)):
        away = np.abs(getattr(SHOPS, place) - middle[SHOPS.city])
        assert (away <= np.minimum(SPREAD, margin // 2)).all()
        owner = np.repeat(np.arange(len(SHOPS)), np.diff(SHOPS.terminals.first))
        terminal = np.rint(getattr(SHOPS.terminals, place).values.to_numpy() * 1e6)
        assert (np.abs(terminal - getattr(SHOPS, place)[owner]) <= 500_000).all()
        assert (np.abs(terminal - middle[SHOPS.city[owner]]) <= margin[owner]).all()


def test_terminals_number_one_to_five_and_online_shops_have_one():
    number = np.diff(SHOPS.terminals.first)

    assert set(number) == {1, 2, 3, 5}
    assert (number[SHOPS.online] == 1).all()
    assert 1.5 < number[~SHOPS.online].mean() < 2.5


def test_codes_are_those_of_the_kind_and_all_others_belong_to_the_rest():
    named = {code for kind in MANY.spec.kinds.values() for code in kind.codes}
    for place, (name, kind) in enumerate(MANY.spec.kinds.items()):
        codes = {REFERENCE.mccs[code] for code in SHOPS.code[SHOPS.kind == place]}
        assert codes, name
        assert codes <= set(kind.codes) if kind.codes else not codes & named, name


def test_an_online_kind_is_sold_online_and_a_kind_of_the_street_in_the_street():
    for name, online in (("streaming", True), ("digital_goods", True), ("atm", False)):
        assert (SHOPS.online[SHOPS.kind == MANY.kinds.index(name)] == online).all()


@pytest.mark.parametrize("count", [1, 2, 60, 6000])
def test_every_errand_finds_a_merchant_near_by(count):
    world = world_of(sizes={"merchants": count})
    shops, market = world.merchants, Market(world.merchants, len(world.kinds), world.reference)
    cities = np.repeat(np.arange(len(REFERENCE.cities)), len(world.kinds))
    kinds = np.tile(np.arange(len(world.kinds)), len(REFERENCE.cities))
    word = np.random.default_rng(1).integers(0, 1 << 64, len(cities), np.uint64)
    chosen = market.deck.pick(market.store_cell(cities, kinds), word)
    own = set(zip(shops.city[~shops.online].tolist(), shops.kind[~shops.online].tolist(), strict=True))
    home = set(zip(shops.country[~shops.online].tolist(), shops.kind[~shops.online].tolist(), strict=True))

    assert (chosen >= 0).all()
    assert (chosen < count).all()
    for city, kind, shop in zip(cities.tolist(), kinds.tolist(), chosen.tolist(), strict=True):
        country = int(REFERENCE.city_country[city])
        if (city, kind) in own:
            assert (shops.city[shop], shops.kind[shop]) == (city, kind)
        elif (country, kind) in home:
            assert (shops.country[shop], shops.kind[shop]) == (country, kind)
    online = market.deck.pick(market.online_cell(REFERENCE.city_country.astype(np.int64)[cities], kinds), word)
    abroad = market.deck.pick(market.abroad_cell(kinds), word)
    for found in (online, abroad):
        assert (found >= 0).all()
        assert (found < count).all()
        assert shops.online.sum() == 0 or shops.online[found].all()


def test_popularity_is_skewed_and_no_merchant_is_never_chosen():
    market, online = MANY.market, np.flatnonzero(SHOPS.online)
    kind = np.bincount(SHOPS.kind[online]).argmax()
    there = online[SHOPS.kind[online] == kind]
    word = words(Key.from_seed(5), np.arange(400_000))
    times = np.bincount(market.deck.pick(market.abroad_cell(np.full(len(word), kind)), word), minlength=len(SHOPS))[
        there
    ]
    expected = SHOPS.weight[there] / SHOPS.weight[there].sum() * len(word)

    assert len(there) > 20
    assert times.sum() == len(word)
    assert (times > 0).all()
    assert stats.chisquare(times, expected).pvalue > 1e-4
    assert SHOPS.weight.max() > 1000 * SHOPS.weight.min()


def test_more_merchants_than_can_be_told_apart_are_refused():
    class Crowd:
        def __len__(self):
            return (1 << 24) + 1

    with pytest.raises(SpecError, match=r"data\.sizes\.merchants: 16,777,217 merchants; at most 16,777,216 fit"):
        Market(Crowd(), 1, REFERENCE)
