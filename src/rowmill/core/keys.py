"""Keys: where every random value comes from.

A key is 128 bits derived from the seed by a path of names. It is never advanced and never numbered by position, so
adding, removing or reordering anything leaves every other stream as it was.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

_SEPARATOR = b"\x1f"


@dataclass(frozen=True, slots=True)
class Key:
    """128 bits addressed by a path of names."""

    raw: bytes

    @classmethod
    def from_seed(cls, seed: int) -> Key:
        """Return the root key of a seed in 0 … 2⁶³ − 1."""
        return cls(hashlib.blake2b(seed.to_bytes(8, "big"), digest_size=16, person=b"rowmill").digest())

    def child(self, *names: str) -> Key:
        """Return the key of a path below this one; ``child("a", "b")`` equals ``child("a").child("b")``."""
        raw = self.raw
        for name in names:
            raw = hashlib.blake2b(name.encode() + _SEPARATOR, digest_size=16, key=raw, person=b"rowmill").digest()
        return Key(raw)

    @property
    def words(self) -> tuple[int, int]:
        """Return the key as two unsigned 64-bit integers, the first one the more significant."""
        return int.from_bytes(self.raw[:8], "big"), int.from_bytes(self.raw[8:], "big")

    def integer(self, bound: int) -> int:
        """Return one integer in 0 … bound − 1, uniform to 2⁻⁶⁴."""
        return (self.words[0] * bound) >> 64
