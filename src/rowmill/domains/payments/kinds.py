"""Kinds of spending: the default mixture of merchant category codes with their share, ticket and hours.

Shares, medians and spreads are working figures for a card portfolio at United States prices; every one of them is a
setting of the spec. The mixture has a mean near 41 dollars, a median near 20, and about 37 % of its rows online.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from rowmill.model.spec import Misfit, Section, Weight

Clock = Literal["shop", "meal", "night", "commute", "fuel", "online", "bill", "cash", "travel"]
Ending = Literal["retail", "meal", "round", "digital", "bill", "plain", "cash"]


class Kind(Section):
    """One kind of spending."""

    share: Weight
    """Relative number of ordinary rows."""
    median: float = Field(gt=0, le=1_000_000)
    """Median ticket in US dollars at price level 1."""
    sigma: float = Field(gt=0, le=3)
    """Standard deviation of the ticket's natural logarithm."""
    online: float = Field(ge=0, le=1)
    """Share of its rows that are card-not-present."""
    clock: Clock
    """Daily and weekly shape of its hours, by name."""
    ending: Ending
    """Habit of its prices' last digits, by name."""
    codes: dict[str, Annotated[int, Field(ge=1, le=1_000_000)]] = Field(default_factory=dict)
    """Merchant category codes with relative numbers of merchants; empty for every code that no other kind names."""
    cash: bool = False
    """Whether it is a withdrawal at a machine rather than a purchase."""

    @field_validator("codes")
    @classmethod
    def _codes_are_four_digits(cls, codes: dict[str, int]) -> dict[str, int]:
        for code in codes:
            if not (len(code) == 4 and code.isascii() and code.isdigit()):
                raise Misfit((), f"got {code!r}; a merchant category code has four digits")
        return codes


def _kind(share: float, ticket: tuple[float, float], online: float, clock: Clock, ending: Ending, codes: str) -> Kind:
    return Kind(
        share=share,
        median=ticket[0],
        sigma=ticket[1],
        online=online,
        clock=clock,
        ending=ending,
        codes={code: int(weight or 1) for code, _, weight in (c.partition(":") for c in codes.split())},
        cash=ending == "cash",
    )


DEFAULT_KINDS: dict[str, Kind] = {
    "grocery": _kind(13.6, (27, 0.91), 0.06, "shop", "retail", "5411"),
    "fast_food": _kind(11.7, (10.5, 0.55), 0.20, "meal", "meal", "5814"),
    "restaurant": _kind(8.3, (24, 0.75), 0.14, "meal", "meal", "5812"),
    "digital_goods": _kind(5.8, (9.99, 0.80), 1.00, "online", "digital", "5816:2 5817:2 5818:3 5815:2"),
    "marketplace": _kind(4.9, (25, 1.10), 0.75, "online", "retail", "5999"),
    "convenience": _kind(4.4, (9.5, 0.75), 0.05, "commute", "retail", "5499"),
    "fuel_pump": _kind(4.4, (33, 0.50), 0.01, "fuel", "plain", "5542"),
    "service_station": _kind(3.9, (21, 0.85), 0.01, "fuel", "plain", "5541"),
    "discount": _kind(3.9, (30, 0.90), 0.12, "shop", "retail", "5310"),
    "atm": _kind(5.7, (80, 0.70), 0.00, "cash", "cash", "6011"),
    "pharmacy": _kind(3.1, (17, 0.95), 0.08, "shop", "retail", "5912"),
    "taxi": _kind(3.1, (15, 0.60), 0.88, "night", "plain", "4121"),
    "transit": _kind(2.9, (3.2, 0.70), 0.25, "commute", "round", "4111"),
    "streaming": _kind(1.4, (17, 0.70), 1.00, "online", "digital", "4899"),
    "telecom": _kind(1.1, (45, 0.70), 0.97, "bill", "bill", "4814"),
    "department_store": _kind(1.9, (42, 0.95), 0.40, "shop", "retail", "5311"),
    "utilities": _kind(0.8, (90, 0.80), 0.97, "bill", "bill", "4900"),
    "insurance": _kind(0.5, (115, 0.80), 0.99, "bill", "bill", "6300"),
    "subscription": _kind(0.9, (18, 0.85), 1.00, "online", "digital", "5968"),
    "software": _kind(0.7, (22, 1.20), 1.00, "online", "digital", "7372"),
    "electronics": _kind(1.0, (70, 1.20), 0.55, "shop", "retail", "5732"),
    "clothing": _kind(2.1, (44, 0.85), 0.45, "shop", "retail", "5651:2 5691:1"),
    "home_improvement": _kind(1.8, (36, 1.10), 0.15, "shop", "retail", "5200:2 5251:1"),
    "bar": _kind(1.3, (17, 0.80), 0.01, "night", "meal", "5813"),
    "liquor": _kind(0.9, (22, 0.70), 0.03, "night", "retail", "5921"),
    "beauty": _kind(0.8, (45, 0.70), 0.10, "shop", "round", "7230"),
    "health": _kind(1.5, (55, 1.10), 0.30, "shop", "bill", "8011:2 8099:1"),
    "hotel": _kind(0.7, (150, 0.95), 0.55, "travel", "bill", "7011"),
    "airline": _kind(0.5, (230, 0.90), 0.97, "travel", "bill", "4511"),
    "parking": _kind(1.2, (6, 0.85), 0.50, "commute", "round", "7523"),
    "betting": _kind(0.8, (20, 1.20), 0.98, "night", "round", "7995"),
    "transfer": _kind(1.6, (60, 1.30), 0.98, "online", "round", "6012:1 4829:1"),
    "other": _kind(5.5, (34, 1.15), 0.35, "shop", "retail", ""),
}

STANDING_KINDS: dict[str, float] = {
    "streaming": 2.6,
    "telecom": 2.2,
    "utilities": 1.6,
    "insurance": 1.1,
    "subscription": 2.0,
    "software": 1.0,
}
"""Kinds of standing payments (subscriptions and bills) with their relative frequency."""
