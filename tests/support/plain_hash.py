"""The hash RNG of the workforce once more, a number at a time in whole numbers of Python."""

from __future__ import annotations

import hashlib

MASK = 0xFFFFFFFF


def words(text):
    """Return the four 32-bit words of a text's MD5, big-endian."""
    digest = hashlib.md5(text.encode()).digest()
    return [int.from_bytes(digest[at : at + 4], "big") for at in range(0, 16, 4)]


def mix(x):
    """Return the mixer's image of a 32-bit number."""
    x ^= x >> 16
    x = x * 0x7FEB352D & MASK
    x ^= x >> 15
    x = x * 0x846CA68B & MASK
    return x ^ (x >> 16)


def draw(employee, seed, year, event_type, salt=""):
    """Return the draw of a key, 0 … 2³² − 1."""
    a, b = words(employee)[:2]
    s, t = words(f"{seed}|{year}|{event_type}|{salt}")[:2]
    return mix(((mix(a ^ s) ^ b) + t) & MASK)
