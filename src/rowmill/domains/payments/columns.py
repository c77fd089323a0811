"""The 24 columns of a transaction, one function each, and the hidden steps that they share.

Rows come in time order with their ids; scheduled rows and standing payments override what an ordinary row would draw.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rowmill.core.units import MICROS_PER_DAY
from rowmill.domains.payments.calendar import QUARTER, QUARTERS
from rowmill.domains.payments.fields import FIELDS
from rowmill.domains.payments.flow import Rows
from rowmill.domains.payments.local import Local, Shared, changes
from rowmill.domains.payments.scenarios.scene import FRAUD, NEW_DEVICE, OWN_NETWORK
from rowmill.draw.words import below, bits, words
from rowmill.model.columns import ColumnSet, Draw
from rowmill.model.frame import Cells

TRANSACTIONS = ColumnSet("transactions", inputs=("rows", "local", "shared"))
_column, _step = TRANSACTIONS.column, TRANSACTIONS.step

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@_step()
def quarter(rows: Rows) -> Ints:
    return rows.moment // QUARTER


@_step()
def zone(rows: Rows) -> Ints:
    return rows.day.zone.take(rows.card)


@_step("kind", "online", "favourite")
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


@_step()
def merchant(draw: Draw, rows: Rows, local: Local, shared: Shared, kind: Ints, online: Flags, favourite: Ints) -> Ints:
    market = shared.world.market
    own = (local.card_number.take(rows.card) << 9) + (kind << 3)
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


@_step()
def country(shared: Shared, merchant: Ints) -> Ints:
    return shared.merchant_country.take(merchant)


@_step()
def terminal(draw: Draw, shared: Shared, merchant: Ints) -> Ints:
    first = shared.world.merchants.first_terminal
    start = first.take(merchant)
    start += below(draw(), shared.terminals.take(merchant))
    return start


@_step("slot", "stranger")
def device(draw: Draw, rows: Rows, shared: Shared) -> tuple[Ints, Ints]:
    """Which of the owner's devices an online row comes from, and at which scheduled rows a stranger's does."""
    slot = (bits(draw(), 48, 16) >= shared.phone_limit).astype(np.int64)
    planned = rows.day.planned
    slot[rows.planned_at] = np.maximum(planned.device, 0)
    return slot, np.flatnonzero(planned.device < 0)


@_step()
def owner(rows: Rows, local: Local) -> Ints:
    return local.people.active_owner.take(rows.card)


@_step()
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


@_step()
def device_kind(
    rows: Rows, local: Local, online: Flags, owner: Ints, slot: Ints, stranger: Ints, device_number: Ints
) -> Ints:
    """0 IOS, 1 ANDROID, 2 WEB, 3 POS."""
    kind = np.full(len(online), 3, np.int64)
    at = np.flatnonzero(online)
    kind[at] = np.where(slot[at] == 1, 2, local.people.phone.take(owner[at]))
    strange = rows.planned_at[stranger]
    draw = bits(device_number[strange].view(np.uint64), 8, 10)
    kind[strange] = np.where(draw < 420, 2, np.where(draw < 740, 1, 0))
    return kind


@_column("int64", like=FIELDS["transaction_id"])
def transaction_id(rows: Rows, local: Local) -> Cells:
    """Identifier of the transaction: a keyed bijection of what the row is, so unique without a look-up."""
    return local.identifiers(rows.id, None)


@_column("timestamp", like=FIELDS["event_time"])
def event_time(rows: Rows, shared: Shared) -> Ints:
    """Instant of the authorisation request."""
    return rows.moment + (shared.world.first_day + rows.day.window) * MICROS_PER_DAY


@_column("int16", like=FIELDS["local_time_offset"])
def local_time_offset(rows: Rows, shared: Shared, zone: Ints, online: Flags, merchant: Ints) -> NDArray[np.int16]:
    """Offset of local time from UTC where the payer is: the till's zone, or the cardholder's place for online payments."""
    hours = rows.day.hours
    place = np.where(online, zone, shared.merchant_zone.take(merchant))
    offset = hours.offset.take(place)
    if changes(hours):
        later = rows.moment >= hours.change.take(place)
        offset[later] = hours.offset_after.take(place[later])
    return offset


@_column("int64", like=FIELDS["amount"])
def amount(draw: Draw, rows: Rows, local: Local, shared: Shared, kind: Ints, country: Ints) -> Ints:
    """Amount in the smallest unit of currency_code (cents; whole yen; fils of 1/1000 dinar)."""
    money, planned = shared.world.money, rows.day.planned
    word = draw()
    ticket = money.ticket(kind, word)
    ticket[rows.planned_at] = planned.ticket
    plain, price = money.price(ticket, kind, country, word)
    exact = rows.planned_at[planned.exact]
    price[exact] = plain[exact]
    price[rows.standing_at] = local.standing.amount[rows.standing]
    return price


@_column("enum", like=FIELDS["currency_code"])
def currency_code(shared: Shared, country: Ints) -> Cells:
    """ISO 4217 code of the merchant's currency, in which the amount is."""
    return Cells(shared.country_currency.take(country), dictionary=shared.currencies)


@_column("string", like=FIELDS["card_pan_hash"])
def card_pan_hash(rows: Rows, local: Local) -> Cells:
    """SHA-256 of the card number, 64 hexadecimal digits; cards.card_pan_hash holds the same."""
    return Cells(rows.card.astype(np.int32), dictionary=local.people.active_hashes)


@_column("enum", like=FIELDS["card_scheme"])
def card_scheme(rows: Rows, local: Local, shared: Shared) -> Cells:
    """Scheme of the card."""
    return Cells(local.scheme.take(rows.card), dictionary=shared.schemes)


@_column("int16", like=FIELDS["card_exp_year"])
def card_exp_year(rows: Rows, local: Local, shared: Shared) -> Cells:
    """Year of the expiry printed on the card when it was used; a card is renewed when it expires."""
    return Cells(local.expiry_on(rows.day.window)[0].take(rows.card), dictionary=shared.years)


@_column("int8", like=FIELDS["card_exp_month"])
def card_exp_month(rows: Rows, local: Local, shared: Shared) -> Cells:
    """Month of that expiry; the card is valid through its last day."""
    return Cells(local.expiry_on(rows.day.window)[1].take(rows.card), dictionary=shared.months)


@_column("int64", like=FIELDS["customer_id"])
def customer_id(local: Local, owner: Ints) -> Ints:
    """Customer who owns the card."""
    return local.customer_id.take(owner)


@_column("int64", like=FIELDS["merchant_id"])
def merchant_id(shared: Shared, merchant: Ints) -> Ints:
    """Merchant that is paid."""
    return shared.world.merchants.ids(merchant)


@_column("enum", like=FIELDS["merchant_country"])
def merchant_country(shared: Shared, country: Ints) -> Cells:
    """ISO 3166-1 alpha-2 code of the merchant's country."""
    return Cells(country.astype(np.int8), dictionary=shared.countries)


@_column("enum", nullable=True, like=FIELDS["mcc_code"])
def mcc_code(draw: Draw, rows: Rows, local: Local, shared: Shared, merchant: Ints) -> Cells:
    """ISO 18245 merchant category code, four digits; lost on a share of rows."""
    return Cells(shared.merchant_code.take(merchant), local.lost("mcc_code", rows, draw), shared.codes)


@_column("enum", like=FIELDS["channel"])
def channel(shared: Shared, kind: Ints, online: Flags) -> Cells:
    """Where the card was used."""
    code = shared.till_channel.take(kind)
    code[online] = 0
    return Cells(code, dictionary=shared.channels)


@_column("enum", like=FIELDS["pos_entry_mode"])
def pos_entry_mode(draw: Draw, rows: Rows, shared: Shared, kind: Ints, online: Flags, country: Ints) -> Cells:
    """How the card was read."""
    word = bits(draw(), 48, 16)
    stripe = word < shared.stripe_limit.take(country)
    tap = word >= shared.chip_limit.take(country)
    tap &= ~shared.world.money.cash.take(kind)
    code = np.where(stripe, np.int8(1), np.where(tap, np.int8(2), np.int8(0)))
    code[rows.planned_at[rows.day.planned.magstripe]] = 1
    code[online] = 3
    return Cells(code, dictionary=shared.entry_modes)


@_column("int64", nullable=True, like=FIELDS["device_id"])
def device_id(draw: Draw, rows: Rows, local: Local, device_number: Ints) -> Cells:
    """Device of the payer online, terminal of the merchant at a till; lost on a share of rows."""
    return Cells(device_number, local.lost("device_id", rows, draw))


@_column("enum", like=FIELDS["device_type"], nullable=True)
def device_type(shared: Shared, device_kind: Ints) -> Cells:
    """Kind of that device."""
    return Cells(device_kind.astype(np.int8), dictionary=shared.device_types)


@_column("string", nullable=True, like=FIELDS["ip_address"])
def ip_address(rows: Rows, local: Local, shared: Shared, online: Flags, owner: Ints, slot: Ints) -> Cells:
    """IPv4 address of the payer's network; only online payments have one. The ranges belong to nobody on the internet."""
    at = np.flatnonzero(online)
    code = np.zeros(len(online), np.int32)
    who = owner[at]
    here = local.country_on(rows, at)
    mobile = (slot[at] != 1) & local.on_mobile.take(who)
    roams = mobile | (here != local.people.country.take(who))
    own = local.own_line.take(who)
    away = np.flatnonzero(roams)
    own[away] = shared.world.networks.pooled(here[away], local.line_word.take(who[away]))
    code[at] = own
    planned = rows.day.planned
    elsewhere = np.flatnonzero(planned.network != OWN_NETWORK)
    code[rows.planned_at[elsewhere]] = planned.network[elsewhere]
    return Cells(code, ~online, local.people.address_book)


@_column("string", nullable=True, like=FIELDS["user_agent"])
def user_agent(shared: Shared, online: Flags, device_number: Ints, device_kind: Ints) -> Cells:
    """User agent of the payer's device; only online payments have one."""
    slot = bits(device_number.view(np.uint64), 20, 10)
    slot += np.minimum(device_kind, 2) << 10
    return Cells(shared.agent_decks.take(slot), ~online, shared.user_agents)


@_step()
def lost_coordinates(draw: Draw, rows: Rows, local: Local) -> Flags | None:
    return local.lost("coordinates", rows, draw)


@_column("float64", nullable=True, like=FIELDS["latitude"])
def latitude(shared: Shared, terminal: Ints, lost_coordinates: Flags | None) -> Cells:
    """Latitude of the merchant's terminal, or of its office for online payments; lost with longitude on a share of rows."""
    return Cells(terminal.astype(np.int32), lost_coordinates, shared.world.merchants.terminal_latitude)


@_column("float64", nullable=True, like=FIELDS["longitude"])
def longitude(shared: Shared, terminal: Ints, lost_coordinates: Flags | None) -> Cells:
    """Longitude beside it."""
    return Cells(terminal.astype(np.int32), lost_coordinates, shared.world.merchants.terminal_longitude)


@_column("bool", like=FIELDS["is_recurring"])
def is_recurring(rows: Rows) -> Flags:
    """Whether the payment is a standing one: a subscription or bill that repeats merchant, amount and day of the month."""
    flag = np.zeros(len(rows.id), np.bool_)
    flag[rows.standing_at] = True
    return flag


@_column("int64", nullable=True, like=FIELDS["previous_txn_id"])
def previous_txn_id(rows: Rows, local: Local) -> Cells:
    """The card's transaction before this one; missing on the card's first of the period."""
    return local.identifiers(rows.previous, rows.previous < 0)


@_column("bool", like=FIELDS["label_fraud"])
def label_fraud(rows: Rows) -> Flags:
    """Ground truth: whether the payment is fraudulent, reported or not. The labels table tells how."""
    flag = np.zeros(len(rows.id), np.bool_)
    flag[rows.planned_at[rows.day.planned.role == FRAUD]] = True
    return flag
