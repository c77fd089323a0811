"""What payments keep beside their schemas: rows agree with themselves, with what they name, and with their past."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from rowmill.model.rules import LinkRule, Rule

_CARD, _TIME = ("card_pan_hash",), ("event_time",)
_TRANSACTIONS: Final = (
    Rule("an address online, and nowhere else", "(channel = 'ONLINE') = (ip_address is not null)"),
    Rule("a user agent online, and nowhere else", "(channel = 'ONLINE') = (user_agent is not null)"),
    Rule("the card is typed online, and nowhere else", "(channel = 'ONLINE') = (pos_entry_mode = 'ECOM')"),
    Rule("a terminal at tills, and none online", "(channel = 'ONLINE') = (device_type <> 'POS')"),
    Rule("cash is never had by a tap", "not (channel = 'ATM' and pos_entry_mode = 'NFC')"),
    Rule("a standing payment is online", "is_recurring implies channel = 'ONLINE'"),
    Rule("both coordinates or none", "(latitude is null) = (longitude is null)"),
    Rule(
        "coordinates have six decimals",
        "abs(latitude * 1e6 - round(latitude * 1e6)) < 0.001 and abs(longitude * 1e6 - round(longitude * 1e6)) < 0.001",
    ),
    Rule(
        "the card has not expired",
        "year(event_time) * 12 + month(event_time) <= card_exp_year * 12 + card_exp_month",
    ),
    Rule("the customer owns the card", "customer_id = cards.customer_id"),
    Rule("the scheme is the card's", "card_scheme = cards.card_scheme"),
    Rule("the country is the merchant's", "merchant_country = merchants.merchant_country"),
    Rule("the currency is the merchant's", "currency_code = merchants.currency_code"),
    Rule("the category is the merchant's", "mcc_code = merchants.mcc_code"),
    Rule(
        "the place is within half a degree of the merchant's",
        "abs(latitude - merchants.latitude) < 0.5001 and abs(longitude - merchants.longitude) < 0.5001",
    ),
    Rule(
        "the previous payment is the card's row before",
        "previous_txn_id is not distinct from previous(transaction_id)",
        _CARD,
        _TIME,
        begins=True,
    ),
    Rule("a card pays once at a time", "seconds(previous(event_time), event_time) > 0", _CARD, _TIME),
    Rule(
        "a card is silent on the day after a theft",
        "previous(label_fraud and labels.scenario = 'lost_stolen') "
        "implies label_fraud or days(previous(event_time), event_time) > 1",
        _CARD,
        _TIME,
    ),
    LinkRule(("transaction_id",), "labels", ("transaction_id",), where="label_fraud"),
)
_LABELS: Final = (
    Rule("the label says what the payment says", "is_fraud = transactions.label_fraud"),
    Rule("the time is the payment's", "event_time = transactions.event_time"),
    Rule("the customer is the payment's", "customer_id = transactions.customer_id"),
    Rule("a look-alike is honest, and a fraud is none", "is_fraud = (hard_negative is null)"),
    Rule("only frauds are reported", "reported_time is not null implies is_fraud"),
    Rule(
        "reported within 120 days, and after the payment",
        "seconds(event_time, reported_time) > 0 and seconds(event_time, reported_time) <= 120 * 86400",
    ),
    Rule("an episode is of one customer", "unique(customer_id) = 1", ("episode_id",)),
    Rule("an episode is of one scenario", "unique(scenario) = 1", ("episode_id",)),
)
RULES: Final[Mapping[str, tuple[Rule | LinkRule, ...]]] = MappingProxyType(
    {"transactions": _TRANSACTIONS, "labels": _LABELS}
)
