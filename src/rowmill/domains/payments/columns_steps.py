"""The hidden steps that the columns of a transaction share: what a row is for, where, from which device.

Rows come in time order with their ids; scheduled rows and standing payments override what an ordinary row would draw.
"""

from __future__ import annotations

import numpy as np

from rowmill.domains.payments.calendar import QUARTER, QUARTERS
from rowmill.domains.payments.flow import Rows
from rowmill.domains.payments.local import Local, Shared
from rowmill.domains.payments.scenarios.draft import COMPUTER, NEW_DEVICE
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.words import below, bits, words
from rowmill.model.columns import ColumnSet, Draw

TRANSACTIONS = ColumnSet("transactions", inputs=("rows", "local", "shared"))
"""The steps below; ``columns`` adds the 24 columns."""


@TRANSACTIONS.step()
def quarter(rows: Rows) -> Ints:
    """Quarter of the UTC day in which the row falls, 0 … 95."""
    return rows.moment // QUARTER


@TRANSACTIONS.step()
def zone(rows: Rows) -> Ints:
    """Time zone of the place where the card is on the day."""
    return rows.day.zone.take(rows.card)


@TRANSACTIONS.step("kind", "online", "favourite")
def errand(draw: Draw, rows: Rows, local: Local, shared: Shared, zone: Ints, quarter: Ints) -> tuple[Ints, Flags, Ints]:
    """What the row is for (kind), where (online or not), and at which favourite merchant (−1 for any)."""
    word = draw()
    slot = rows.day.hours.bins.take(zone * QUARTERS + quarter).astype(np.int64)
    slot <<= 12
    slot += bits(word, 52, 12)
    kind = shared.world.times.kind_decks.take(slot).astype(np.int64)
    kind[rows.standing_at] = local.standing.kind[rows.standing]
    kind[rows.planned_at] = rows.day.planned.kind
    online = bits(word, 36, 16) < shared.online_limit.take(kind)
    online[rows.standing_at] = True
    online[rows.planned_at] = rows.day.planned.online
    return kind, online, shared.favourites.take(bits(word, 26, 10))


@TRANSACTIONS.step()
def merchant(draw: Draw, rows: Rows, local: Local, shared: Shared, kind: Ints, online: Flags, favourite: Ints) -> Ints:
    """Merchant that is paid: a favourite keeps its word, so that the card meets the same merchant again."""
    market = shared.world.market
    own = (local.people.active_card.take(rows.card) << 9) + (kind << 3)
    own += favourite
    own |= 1 << 62
    word = words(draw.key, np.where(favourite >= 0, own, rows.id))
    cell = market.store_cell(rows.day.city.take(rows.card), kind)
    at = np.flatnonzero(online)
    abroad = bits(word[at], 0, 16) < shared.abroad_limit
    near = market.online_cell(local.people.active_country[rows.card[at]], kind[at])
    cell[at] = np.where(abroad, market.abroad_cell(kind[at]), near)
    chosen = market.deck.pick(cell, word).astype(np.int64)
    chosen[rows.standing_at] = local.standing.merchant[rows.standing]
    chosen[rows.planned_at] = rows.day.planned.merchant
    return chosen


@TRANSACTIONS.step()
def country(shared: Shared, merchant: Ints) -> Ints:
    """Country of the merchant."""
    return shared.merchant_country.take(merchant)


@TRANSACTIONS.step()
def terminal(draw: Draw, shared: Shared, merchant: Ints) -> Ints:
    """Terminal of the merchant, numbered over all merchants; the office has the number of an online one."""
    start = shared.world.merchants.first_terminal.take(merchant)
    start += below(draw(), shared.terminals.take(merchant))
    return start


@TRANSACTIONS.step("slot", "stranger")
def device(draw: Draw, rows: Rows, shared: Shared) -> tuple[Ints, Ints]:
    """Which of the owner's devices an online row comes from, and at which scheduled rows a stranger's does."""
    slot = (bits(draw(), 48, 16) >= shared.phone_limit).astype(np.int64)
    planned = rows.day.planned
    slot[rows.planned_at] = np.maximum(planned.device, 0)
    return slot, np.flatnonzero(planned.device < 0)


@TRANSACTIONS.step()
def owner(rows: Rows, local: Local) -> Ints:
    """Customer of the block who owns the card."""
    return local.people.active_owner.take(rows.card)


@TRANSACTIONS.step()
def device_number(
    rows: Rows, local: Local, shared: Shared, online: Flags, owner: Ints, slot: Ints, stranger: Ints, terminal: Ints
) -> Ints:
    """Id of the device or terminal before any loss."""
    at = np.flatnonzero(online)
    number = shared.terminal_ids.take(terminal)
    slots = slot[at]
    own = local.device_ids.take(owner[at] * 2 + (slots & 1))
    newer = np.flatnonzero(slots >= NEW_DEVICE)
    own[newer] = local.people.device(owner[at[newer]], slots[newer])
    number[at] = own
    strange = rows.planned_at[stranger]
    strange_number = -1 - rows.day.planned.device[stranger]
    number[strange] = shared.world.device_ids.apply(strange_number + (1 << (shared.world.id_bits - 1)))
    return number


@TRANSACTIONS.step()
def device_kind(
    rows: Rows, local: Local, online: Flags, owner: Ints, slot: Ints, stranger: Ints, device_number: Ints
) -> Ints:
    """Kind of the device: 0 IOS, 1 ANDROID, 2 WEB, 3 POS."""
    kind = np.full(len(online), 3, np.int64)
    at = np.flatnonzero(online)
    kind[at] = np.where(slot[at] == COMPUTER, 2, local.people.phone.take(owner[at]))
    strange = rows.planned_at[stranger]
    draw = bits(device_number[strange].view(np.uint64), 8, 10)
    kind[strange] = np.where(draw < 420, 2, np.where(draw < 740, 1, 0))
    return kind


@TRANSACTIONS.step()
def lost_coordinates(draw: Draw, rows: Rows, local: Local) -> Flags | None:
    """Rows that lost latitude and longitude, together."""
    return local.lost("coordinates", rows, draw)
