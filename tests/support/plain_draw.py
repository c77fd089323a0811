"""The transforms of ``rowmill.draw`` once more, in plain Python integers: the oracle of these tests."""

from __future__ import annotations

MASK = (1 << 64) - 1


def mix(x: int) -> int:
    x ^= x >> 30
    x = x * 0xBF58476D1CE4E5B9 & MASK
    x ^= x >> 27
    x = x * 0x94D049BB133111EB & MASK
    return x ^ x >> 31


def word(raw: bytes, identity: int) -> int:
    k0, k1 = int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:], "big")
    return mix(identity & MASK ^ k0) + k1 & MASK


def pair_word(raw: bytes, first: int, second: int) -> int:
    k0, k1 = int.from_bytes(raw[:8], "big"), int.from_bytes(raw[8:], "big")
    return mix((mix(first & MASK ^ k0) + second & MASK) ^ k1)


def permuted(offset: int, factors: tuple[int, int, int], x: int, bits: int) -> int:
    x ^= offset
    for factor, shift in zip(factors, ((bits + 1) // 2, bits // 2 - 2, (bits + 1) // 2), strict=True):
        x = x * factor & (1 << bits) - 1
        x ^= x >> shift
    return x


def interpolated(cells: list[int], at: int, part: int) -> int:
    return cells[at] + ((cells[at + 1] - cells[at]) * part >> 16)
