"""What a spec names must exist, and what it asks to be paid must fit: checked against the reference tables."""

from __future__ import annotations

from collections.abc import Mapping

from rowmill.domains.payments.kinds import Kind
from rowmill.domains.payments.reference import Reference, load
from rowmill.domains.payments.settings import Amounts
from rowmill.draw.shapes import LogNormal, ParetoTail, highest
from rowmill.model.spec import Misfit, nearest

TAIL_FROM = 0.995
"""Share of tickets below which the Pareto tail sets in."""
STEPS_PER_DOLLAR = 10_000
"""Tickets are read in hundredths of a US cent before they become a currency."""
MOST_DOLLARS = 40_000_000
"""Largest ticket at price level 1, in US dollars.

A price is (ticket × factor) >> 26 in 64 bits: 4 × 10¹¹ hundredths of a cent, up to four times as much in a scenario,
and a factor of at most √10 × 100 / 10⁴ × 2²⁶ make 3.4 × 10¹⁸, below 2⁶³.
"""
MOST_MINOR_UNITS = 10**15
"""Largest price, in the smallest unit of its currency: readers that hold numbers as floats lose none of it."""


def check_names(home_countries: Mapping[str, int], kinds: Mapping[str, Kind], amounts: Amounts) -> None:
    """Refuse countries, currencies and merchant category codes that the reference tables do not have.

    Raises:
        Misfit: naming the key.
    """
    known = load()
    tables = (
        (("people", "home_countries"), home_countries, known.countries),
        (("amounts", "exchange_rates"), amounts.exchange_rates, known.currencies),
        (("amounts", "price_levels"), amounts.price_levels, known.countries),
    )
    for path, given, names in tables:
        for name in given:
            if name not in names:
                raise Misfit(path, f"got {name!r}; {nearest(name, names)}")
    codes = set(known.mccs)
    left = codes.difference(*(kind.codes for kind in kinds.values()))
    for name, kind in kinds.items():
        for code in kind.codes:
            if code not in codes:
                raise Misfit(("kinds", name, "codes"), f"got {code!r}, which is no merchant category code in use")
        if not kind.codes and not left:
            raise Misfit(("kinds", name, "codes"), "names none, and the other kinds leave none; name one or more")


def tickets(kind: Kind, amounts: Amounts, steps_per_dollar: int) -> ParetoTail:
    """Return the shape of the tickets of a kind of spending at price level 1, in steps of a US dollar."""
    body = LogNormal(kind.median * amounts.price_level * steps_per_dollar, kind.sigma)
    return ParetoTail(body, amounts.tail_exponent, TAIL_FROM)


def check_prices(kinds: Mapping[str, Kind], amounts: Amounts) -> None:
    """Refuse tickets and prices that would not fit into what they are computed in.

    Raises:
        Misfit: naming the kind or country, the largest price and the keys to change.
    """
    largest = 0.0
    for name, kind in kinds.items():
        ticket = highest(tickets(kind, amounts, 1))
        largest = max(largest, ticket)
        if ticket > MOST_DOLLARS:
            raise Misfit(
                ("kinds", name),
                f"its largest ticket would be {ticket:,.0f} US dollars, at most {MOST_DOLLARS:,} are made; lower its "
                "median or sigma or data.amounts.price_level, or raise data.amounts.tail_exponent",
            )
    known = load()
    for country, minor in minor_units(amounts, known).items():
        if largest * minor > MOST_MINOR_UNITS:
            currency = known.currencies[known.country_currency[known.countries.index(country)]]
            raise Misfit(
                "amounts",
                f"the largest price in {country} would be {largest * minor:.1e} smallest units of {currency}, at most "
                f"10^15 are made; lower data.amounts.exchange_rates.{currency}, data.amounts.price_levels.{country} or "
                "the medians of data.kinds",
            )


def minor_units(amounts: Amounts, reference: Reference) -> dict[str, float]:
    """Return by country what a US dollar at price level 1 costs there, in the smallest unit of its currency."""
    rates = dict(zip(reference.currencies, map(float, reference.per_usd), strict=True)) | amounts.exchange_rates
    levels = dict(zip(reference.countries, map(float, reference.price_level), strict=True)) | amounts.price_levels
    return {
        country: rates[reference.currencies[currency]] * levels[country] * 10 ** int(reference.exponents[currency])
        for country, currency in zip(reference.countries, reference.country_currency, strict=True)
    }
