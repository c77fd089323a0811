"""Links: rules by which rows of one table refer to rows of another, as functions of a word and of where the row is.

Nothing is looked up in what was made: an entity's number follows from the word alone, so the row that it names exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from rowmill.draw.arrays import Ints
from rowmill.draw.choose import Weighted
from rowmill.draw.words import Words, below
from rowmill.model.blocks import Blocks
from rowmill.model.columns import Column, Draw
from rowmill.model.schema import Field


class Link(Protocol):
    """Chooses entities of another table."""

    def numbers(self, block: int, word: Words) -> Ints:
        """Return the number of an entity, from 0, for each word of a block's rows."""


@dataclass(frozen=True, slots=True)
class OwnBlock:
    """Any entity of the row's own block, each as likely: what belongs together is made together."""

    blocks: Blocks

    def numbers(self, block: int, word: Words) -> Ints:
        """Return the number of an entity, from 0, for each word of a block's rows."""
        own = self.blocks.range(block)
        return below(word, len(own)) + own.start


@dataclass(frozen=True, slots=True)
class Anywhere:
    """Any entity of all blocks, by weight."""

    choices: Weighted
    """One choice an entity."""

    def numbers(self, block: int, word: Words) -> Ints:  # noqa: ARG002 - the same call for every link
        """Return the number of an entity, from 0, for each word of a block's rows."""
        return self.choices.pick(word)


def refers(field: Field, link: Link, first: int = 1, block: str = "block") -> Column:
    """Return the column of a foreign key: ids of the other table, counted from ``first``.

    Args:
        field: declaration of the column.
        link: chooses the entity.
        first: id of entity 0.
        block: input of the tile that tells its block.
    """

    def make(draw: Draw, own: int) -> Ints:
        return link.numbers(own, draw()) + first

    return Column(field, (field.name,), (block,), make, draws=True)
