"""The hidden steps that the columns of a transaction share: what a row is for, where, from which device.

Rows come in time order with their ids; scheduled rows and standing payments override what an ordinary row would draw.
"""

from __future__ import annotations

import numpy as np

from rowmill.domains.payments.calendar import QUARTER, QUARTERS
from rowmill.domains.payments.local import Local, Shared
from rowmill.domains.payments.scenarios.draft import COMPUTER, NEW_DEVICE
from rowmill.domains.payments.tile import TileRows
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.words import Words, below, bits, words
from rowmill.model.columns import Declaration, Draw

DECLARED = Declaration("transactions", inputs=("rows", "local", "shared"))
"""The steps below; ``columns`` adds the 24 columns."""


@DECLARED.step()
def quarter(rows: TileRows) -> Ints:
    """Quarter of the UTC day in which the row falls, 0 … 95."""
    return rows.moment // QUARTER


@DECLARED.step()
def zone(rows: TileRows) -> Ints:
    """Time zone of the place where the card is on the day."""
    return rows.day.zone.take(rows.card)


@DECLARED.step("kind", "online", "favourite")
def errand(
    draw: Draw, rows: TileRows, local: Local, shared: Shared, zone: Ints, quarter: Ints
) -> tuple[Ints, Flags, Ints]:
    """What the row is for (kind), where (online or not), and at which favourite merchant (−1 for any)."""
    word = draw()
    slot = rows.day.hours.bins.take(zone * QUARTERS + quarter).astype(np.int64)
    slot <<= 12
    slot += bits(word, 52, 12)
    kind = shared.world.times.kind_decks.take(slot).astype(np.int64)
    kind[rows.standing_at] = local.standing.kind[rows.day.standing]
    kind[rows.planned_at] = rows.day.planned.kind
    online = bits(word, 36, 16) < shared.online_limit.take(kind)
    online[rows.standing_at] = True
    online[rows.planned_at] = rows.day.planned.online
    return kind, online, shared.favourites.take(bits(word, 26, 10))


@DECLARED.step()
def remote(online: Flags) -> Ints:
    """Positions of the online rows: what only they have is worked out for them alone."""
    return np.flatnonzero(online)


@DECLARED.step()
def merchant(
    draw: Draw, rows: TileRows, local: Local, shared: Shared, kind: Ints, remote: Ints, favourite: Ints
) -> Ints:
    """Merchant that is paid: a favourite keeps its word, so that the card meets the same merchant again."""
    market = shared.world.market
    identity = local.habit.take(rows.card)
    identity += kind << 3
    identity += favourite
    identity -= rows.id
    identity *= favourite >= 0
    identity += rows.id
    word = words(draw.key, identity)
    cell = market.store_cell(rows.day.city.take(rows.card), kind)
    what = kind.take(remote)
    near = market.online_cell(local.people.active_country.take(rows.card.take(remote)), what)
    abroad = bits(word.take(remote), 0, 16) < shared.abroad_limit
    cell[remote] = np.where(abroad, market.abroad_cell(what), near)
    chosen = market.deck.pick(cell, word)
    chosen[rows.standing_at] = local.standing.merchant[rows.day.standing]
    chosen[rows.planned_at] = rows.day.planned.merchant
    return chosen


@DECLARED.step("country", "merchant_zone", "first_terminal", "terminals")
def whereabouts(shared: Shared, merchant: Ints) -> tuple[Ints, Ints, Ints, Ints]:
    """Country and time zone of the merchant, its first terminal and how many it has."""
    return shared.whereabouts(merchant)


@DECLARED.step("till", "terminal")
def terminals_used(draw: Draw, first_terminal: Ints, terminals: Ints) -> tuple[Ints, Ints]:
    """Terminal of the merchant, numbered within the merchant and over all; the office is an online one's only one."""
    till = below(draw(), terminals)
    return till, till + first_terminal


@DECLARED.step("slot", "stranger")
def device(draw: Draw, rows: TileRows, shared: Shared) -> tuple[Ints, Ints]:
    """Which of the owner's devices an online row comes from, and at which scheduled rows a stranger's does."""
    slot = (bits(draw(), 48, 16) >= shared.phone_limit).astype(np.int64)
    planned = rows.day.planned
    slot[rows.planned_at] = np.maximum(planned.device, 0)
    return slot, np.flatnonzero(planned.device < 0)


@DECLARED.step()
def payer(rows: TileRows, local: Local, remote: Ints) -> Ints:
    """Customer of the block who owns the card, of each online row."""
    return local.people.active_owner.take(rows.card.take(remote))


@DECLARED.step()
def device_number(
    rows: TileRows,
    local: Local,
    shared: Shared,
    remote: Ints,
    payer: Ints,
    slot: Ints,
    stranger: Ints,
    merchant: Ints,
    till: Ints,
) -> Ints:
    """Id of the device or terminal before any loss."""
    number = shared.terminal_ids(merchant, till)
    slots = slot.take(remote)
    own = local.device_ids.take(payer * 2 + (slots & 1))
    newer = np.flatnonzero(slots >= NEW_DEVICE)
    own[newer] = local.people.device(payer[newer], slots[newer])
    number[remote] = own
    strange = rows.planned_at[stranger]
    strange_number = -1 - rows.day.planned.device[stranger]
    number[strange] = shared.world.device_ids.apply(strange_number + (1 << (shared.world.id_bits - 1)))
    return number


@DECLARED.step()
def device_kind(
    rows: TileRows, local: Local, remote: Ints, payer: Ints, slot: Ints, stranger: Ints, device_number: Ints
) -> Ints:
    """Kind of the device: 0 IOS, 1 ANDROID, 2 WEB, 3 POS."""
    kind = np.full(len(slot), 3, np.int64)
    computer = (slot.take(remote) == COMPUTER).astype(np.int64)
    kind[remote] = np.maximum(local.people.phone.take(payer), computer * 2)
    strange = rows.planned_at[stranger]
    draw = bits(device_number[strange].view(np.uint64), 8, 10)
    kind[strange] = np.where(draw < 420, 2, np.where(draw < 740, 1, 0))
    return kind


@DECLARED.step()
def fate(draw: Draw) -> Words:
    """Words that say which rows lose which values, each kind of loss by bits of its own."""
    return draw()


@DECLARED.step()
def lost_coordinates(rows: TileRows, local: Local, fate: Words) -> Flags | None:
    """Rows that lost latitude and longitude, together."""
    return local.lost("coordinates", rows, fate)
