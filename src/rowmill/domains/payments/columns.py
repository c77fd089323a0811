"""The 24 columns of a transaction, one function each, over the hidden steps of ``columns_steps``."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from rowmill.core.units import MICROS_PER_DAY
from rowmill.domains.payments.columns_steps import DECLARED
from rowmill.domains.payments.fields import FIELDS
from rowmill.domains.payments.local import ENTRY_BITS, Local, Shared, changes
from rowmill.domains.payments.scenarios.draft import COMPUTER, FRAUD, OWN_NETWORK
from rowmill.domains.payments.tile import TileRows
from rowmill.draw.arrays import Flags, Ints
from rowmill.draw.words import Words, bits
from rowmill.model.columns import Draw
from rowmill.model.frame import Cells

_column = DECLARED.column


@_column("int64", like=FIELDS["transaction_id"])
def transaction_id(rows: TileRows, local: Local) -> Cells:
    """Identifier of the transaction: a keyed bijection of what the row is, so unique without a look-up."""
    return local.identifiers(rows.id, None)


@_column("timestamp", like=FIELDS["event_time"])
def event_time(rows: TileRows, shared: Shared) -> Ints:
    """Instant of the authorisation request."""
    return rows.moment + (shared.world.first_day + rows.day.window) * MICROS_PER_DAY


@_column("int16", like=FIELDS["local_time_offset"])
def local_time_offset(rows: TileRows, zone: Ints, remote: Ints, merchant_zone: Ints) -> NDArray[np.int16]:
    """Offset of local time from UTC where the payer is: at the till, or for online payments where the cardholder is."""
    hours = rows.day.hours
    place = merchant_zone.copy()
    place[remote] = zone.take(remote)
    offset = hours.offset.take(place)
    if changes(hours):
        later = rows.moment >= hours.change.take(place)
        offset[later] = hours.offset_after.take(place[later])
    return offset


@_column("int64", like=FIELDS["amount"])
def amount(draw: Draw, rows: TileRows, local: Local, shared: Shared, kind: Ints, country: Ints) -> Ints:
    """Amount in the smallest unit of currency_code (cents; whole yen; fils of 1/1000 dinar)."""
    money, planned = shared.world.money, rows.day.planned
    word = draw()
    ticket = money.ticket(kind, word)
    ticket[rows.planned_at] = planned.ticket
    plain, price = money.price(ticket, kind, country, word)
    exact = rows.planned_at[planned.exact]
    price[exact] = plain[exact]
    price[rows.standing_at] = local.standing.amount[rows.day.standing]
    return price


@_column("enum", like=FIELDS["currency_code"])
def currency_code(shared: Shared, country: Ints) -> Cells:
    """ISO 4217 code of the merchant's currency, in which the amount is."""
    return Cells(shared.country_currency.take(country), dictionary=shared.currencies)


@_column("string", like=FIELDS["card_pan_hash"])
def card_pan_hash(rows: TileRows, local: Local) -> Cells:
    """SHA-256 of the card number, 64 hexadecimal digits; cards.card_pan_hash holds the same."""
    return Cells(rows.card.astype(np.int32), dictionary=local.people.active_hashes)


@_column("enum", like=FIELDS["card_scheme"])
def card_scheme(rows: TileRows, local: Local, shared: Shared) -> Cells:
    """Scheme of the card."""
    return Cells(local.scheme.take(rows.card), dictionary=shared.schemes)


@_column("int16", like=FIELDS["card_exp_year"])
def card_exp_year(rows: TileRows, local: Local, shared: Shared) -> Cells:
    """Year of the expiry printed on the card when it was used; a card is renewed when it expires."""
    return Cells(local.expiry_on(rows.day.window).year.take(rows.card), dictionary=shared.years)


@_column("int8", like=FIELDS["card_exp_month"])
def card_exp_month(rows: TileRows, local: Local, shared: Shared) -> Cells:
    """Month of that expiry; the card is valid through its last day."""
    return Cells(local.expiry_on(rows.day.window).month.take(rows.card), dictionary=shared.months)


@_column("int64", like=FIELDS["customer_id"])
def customer_id(rows: TileRows, local: Local) -> Ints:
    """Customer who owns the card."""
    return local.active_customer_id.take(rows.card)


@_column("int64", like=FIELDS["merchant_id"])
def merchant_id(shared: Shared, merchant: Ints) -> Ints:
    """Merchant that is paid."""
    return shared.world.merchants.ids(merchant)


@_column("enum", like=FIELDS["merchant_country"])
def merchant_country(shared: Shared, country: Ints) -> Cells:
    """ISO 3166-1 alpha-2 code of the merchant's country."""
    return Cells(country.astype(np.int8), dictionary=shared.countries)


@_column("enum", nullable=True, like=FIELDS["mcc_code"])
def mcc_code(rows: TileRows, local: Local, shared: Shared, merchant: Ints, fate: Words) -> Cells:
    """ISO 18245 merchant category code, four digits; lost on a share of rows."""
    return Cells(shared.merchant_code.take(merchant), local.lost("mcc_code", rows, fate), shared.codes)


@_column("enum", like=FIELDS["channel"])
def channel(shared: Shared, kind: Ints, online: Flags) -> Cells:
    """Where the card was used."""
    code = shared.till_channel.take(kind)
    code *= ~online
    return Cells(code, dictionary=shared.channels)


@_column("enum", like=FIELDS["pos_entry_mode"])
def pos_entry_mode(draw: Draw, rows: TileRows, shared: Shared, kind: Ints, online: Flags, country: Ints) -> Cells:
    """How the card was read."""
    slot = country << ENTRY_BITS
    slot += shared.entry_row.take(kind)
    slot += bits(draw(), 64 - ENTRY_BITS, ENTRY_BITS)
    code = shared.entry_decks.take(slot)
    code[rows.planned_at[rows.day.planned.magstripe]] = 1
    np.maximum(code, online * np.int8(3), out=code)
    return Cells(code, dictionary=shared.entry_modes)


@_column("int64", nullable=True, like=FIELDS["device_id"])
def device_id(rows: TileRows, local: Local, device_number: Ints, fate: Words) -> Cells:
    """Device of the payer online, terminal of the merchant at a till; lost on a share of rows."""
    return Cells(device_number, local.lost("device_id", rows, fate))


@_column("enum", like=FIELDS["device_type"], nullable=True)
def device_type(shared: Shared, device_kind: Ints) -> Cells:
    """Kind of that device."""
    return Cells(device_kind.astype(np.int8), dictionary=shared.device_types)


@_column("string", nullable=True, like=FIELDS["ip_address"])
def ip_address(
    rows: TileRows, local: Local, shared: Shared, online: Flags, remote: Ints, payer: Ints, slot: Ints
) -> Cells:
    """IPv4 address of the payer's network; only online payments have one. The ranges are nobody's on the internet."""
    code = np.zeros(len(online), np.int32)
    here = local.country_on(rows, remote)
    mobile = local.on_mobile.take(payer)
    mobile &= slot.take(remote) != COMPUTER
    away = np.flatnonzero(mobile | (here != local.people.country.take(payer)))
    line = local.own_line.take(payer)
    line[away] = shared.world.networks.pooled(here.take(away), local.line_word.take(payer.take(away)))
    code[remote] = line
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


@_column("float64", nullable=True, like=FIELDS["latitude"])
def latitude(shared: Shared, terminal: Ints, lost_coordinates: Flags | None) -> Cells:
    """Latitude of the merchant's terminal, or online of its office; lost with longitude on a share of rows."""
    return Cells(terminal.astype(np.int32), lost_coordinates, shared.world.merchants.terminals.latitude)


@_column("float64", nullable=True, like=FIELDS["longitude"])
def longitude(shared: Shared, terminal: Ints, lost_coordinates: Flags | None) -> Cells:
    """Longitude beside it."""
    return Cells(terminal.astype(np.int32), lost_coordinates, shared.world.merchants.terminals.longitude)


@_column("bool", like=FIELDS["is_recurring"])
def is_recurring(rows: TileRows) -> Flags:
    """Whether the payment is a standing one: a subscription or bill that repeats merchant, amount and day of month."""
    flag = np.zeros(len(rows.id), np.bool_)
    flag[rows.standing_at] = True
    return flag


@_column("int64", nullable=True, like=FIELDS["previous_txn_id"])
def previous_txn_id(rows: TileRows, local: Local) -> Cells:
    """The card's transaction before this one; missing on the card's first of the period."""
    return local.identifiers(rows.previous, rows.previous < 0)


@_column("bool", like=FIELDS["label_fraud"])
def label_fraud(rows: TileRows) -> Flags:
    """Ground truth: whether the payment is fraudulent, reported or not. The labels table tells how."""
    flag = np.zeros(len(rows.id), np.bool_)
    flag[rows.planned_at[rows.day.planned.role == FRAUD]] = True
    return flag


TRANSACTIONS: Final = DECLARED.columns()
