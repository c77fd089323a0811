"""Networks: IPv4 addresses that are valid, never routed to a host of somebody, and tell a country.

Customers' own lines lie in 100.64.0.0/10 (RFC 6598, shared address space), roaming, mobile and hosting networks in
198.18.0.0/15 (RFC 2544, benchmarking). Each country has a run of both, in proportion to its cardholders.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rowmill.domains.payments.reference import Reference
from rowmill.draw.arrays import Integers, Ints
from rowmill.draw.words import Words, below
from rowmill.model.frame import Dictionary

_OWN_FIRST, _OWN_SIZE = (100 << 24) | (64 << 16), 1 << 22
_POOL_FIRST, _POOL_SIZE = (198 << 24) | (18 << 16), 1 << 17
_POOL_USED = 512
"""Addresses of a country's mobile and hosting networks that ever show up."""


class Networks:
    """Address ranges by country."""

    def __init__(self, reference: Reference, home_weight: Ints) -> None:
        countries = len(reference.countries)
        weight = home_weight * 4 + reference.home_weight + 8
        ends = np.cumsum(weight) * (_OWN_SIZE // 256) // weight.sum() * 256
        self._own_start = np.concatenate(([0], ends[:-1]))
        self._own_size = np.maximum(ends - self._own_start, 256)
        run = _POOL_SIZE // countries
        pool = (np.arange(countries)[:, None] * run + np.arange(_POOL_USED)[None, :] * (run // _POOL_USED)).ravel()
        self.pool = Dictionary(dotted(_POOL_FIRST + pool))
        """Text of the pool's addresses, by country × 512 + number."""

    def own(self, country: Integers, word: Words) -> Ints:
        """Return the address of a customer's own line as an integer, from the country of residence and a word."""
        start, size = self._own_start.take(country), self._own_size.take(country)
        return np.minimum(start + below(word, size), _OWN_SIZE - 1) + _OWN_FIRST

    def pooled(self, country: Ints, word: Words) -> Ints:
        """Return a place in the pool for each (country, word)."""
        return country * _POOL_USED + below(word, _POOL_USED)


def dotted(address: Ints) -> pa.Array:
    """Return IPv4 addresses as dotted text."""
    octets = pa.array([str(n) for n in range(256)])
    parts = [octets.take(pa.array((address >> shift) & 255)) for shift in (24, 16, 8, 0)]
    return pc.binary_join_element_wise(*parts, ".")
