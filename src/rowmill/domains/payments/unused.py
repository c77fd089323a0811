"""What no row of a payments dataset depends on as its spec stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rowmill.core.units import date_of
from rowmill.domains.payments.calendar import black_friday, inside
from rowmill.domains.payments.scenarios.plugins import without_share
from rowmill.domains.payments.settings import CalendarSettings
from rowmill.domains.payments.world import World
from rowmill.model.notes import Note

_OF_FRAUD = ("scenarios", "plugins", "hard_negatives", "never_reported", "report_median_days", "report_sigma",
             "block_days")  # fmt: skip


def unused(world: World) -> tuple[Note, ...]:
    """Return the keys that nothing depends on."""
    return tuple(
        Note(f"data.{key}", why) for found in (_own, _fraud, _people, _calendar, _habits) for key, why in found(world)
    )


def _own(world: World) -> Iterator[tuple[str, str]]:
    if world.own.customers is None and world.own.merchants is None:
        yield "unknown_codes", "no file of yours takes the place of customers or merchants"


def _fraud(world: World) -> Iterator[tuple[str, str]]:
    spec = world.spec
    if spec.fraud_rate == 0:
        yield from _all("fraud", _OF_FRAUD, "fraud_rate is 0")
    elif idle := without_share(spec.fraud.plugins, spec.fraud.scenarios):
        yield "fraud.plugins", f"give {', '.join(idle)} a share in data.fraud.scenarios, which has none for it"
    if spec.fraud.never_reported == 1:
        yield from _all("fraud", ("report_median_days", "report_sigma"), "fraud.never_reported is 1")


def _people(world: World) -> Iterator[tuple[str, str]]:
    if world.spec.people.trip_rate == 0:
        yield from _all("people", ("trip_foreign_share", "trip_days"), "people.trip_rate is 0")
    if world.own.customers is not None:
        yield "people.home_countries", "the file of customers says where they live"
    if world.own.cards is not None:
        yield "people.cards_per_customer", "the file of cards says who has which"


def _calendar(world: World) -> Iterator[tuple[str, str]]:
    calendar, days = world.spec.calendar, world.volume.days
    if not calendar.pay_days:
        yield "calendar.pay_day", "calendar.pay_days is empty"
    if days is None:
        return
    period = [date_of(world.first_day + window) for window in range(min(days, 366))]
    if not any((day - black_friday(day.year)).days in (0, 3) for day in period):
        yield "calendar.black_friday", f"neither it nor the Monday after lies in {period[0]} … {period[-1]}"
    seasons = (*calendar.seasons, *CalendarSettings().seasons)
    if not any(inside(season, day) for season in seasons for day in period):
        yield "calendar.seasons", f"none of their days lies in {period[0]} … {period[-1]}"


def _habits(world: World) -> Iterator[tuple[str, str]]:
    """Yield the clocks and endings that no kind of spending names."""
    kinds = world.spec.kinds.values()
    for clock in world.spec.calendar.clocks.keys() - {kind.clock for kind in kinds if kind.share}:
        yield f"calendar.clocks.{clock}", "no kind of spending with a share has this clock"
    for ending in world.spec.amounts.endings.keys() - {kind.ending for kind in kinds}:
        yield f"amounts.endings.{ending}", "no kind of spending has this ending"


def _all(section: str, names: Iterable[str], why: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{section}.{name}", why) for name in names)
