"""A million payments: each row agrees with itself, with its place and with the clocks there."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import duckdb
import pytest

from laws.contents import build, rows_of

ONLINE = "channel = 'ONLINE'"
AGENTS = {"IOS": "iPhone|iPad", "ANDROID": "Android", "WEB": "Windows NT|Macintosh|X11"}

NEVER = {
    "an address at a till, or none online": f"({ONLINE}) = (ip_address IS NULL)",
    "an address that somebody may own": """
        ip_address IS NOT NULL AND NOT (
            string_split(ip_address, '.')[1] = '100' AND string_split(ip_address, '.')[2]::INT BETWEEN 64 AND 127
            OR string_split(ip_address, '.')[1] = '198' AND string_split(ip_address, '.')[2]::INT BETWEEN 18 AND 19)""",
    "an address out of form": """
        ip_address IS NOT NULL AND (len(string_split(ip_address, '.')) <> 4
        OR list_max([x::INT FOR x IN string_split(ip_address, '.')]) > 255)""",
    "a user agent at a till, or none online": f"({ONLINE}) = (user_agent IS NULL)",
    "an entry online by chip, or at a till by typing": f"({ONLINE}) <> (pos_entry_mode = 'ECOM')",
    "a terminal online, or a phone at a till": f"({ONLINE}) = (device_type IS NOT DISTINCT FROM 'POS')",
    "a machine's code at another channel": "(channel = 'ATM') <> (coalesce(mcc_code, shop_code) = '6011')",
    "contactless cash": "channel = 'ATM' AND pos_entry_mode = 'NFC'",
    "a standing payment at a till": f"is_recurring AND NOT ({ONLINE})",
    "a place out of the terminal's reach": """
        abs(latitude - shop_latitude) > 0.0010001 OR abs(longitude - shop_longitude) > 0.0010001""",
    "more than six decimals": "latitude <> round(latitude, 6) OR longitude <> round(longitude, 6)",
}


@pytest.fixture(scope="module")
def rows(data):
    data.execute(
        """CREATE OR REPLACE TEMP VIEW placed AS
        SELECT f.*, m.mcc_code AS shop_code, m.latitude AS shop_latitude, m.longitude AS shop_longitude,
               m.is_online AS shop_online, m.city AS shop_city, m.terminals
        FROM facts f JOIN merchants m USING (merchant_id)"""
    )
    return data


@pytest.mark.parametrize("what", NEVER)
def test_there_is_never(what, rows):
    assert rows.execute(f"SELECT count(*) FROM placed WHERE {NEVER[what]}").fetchall() == [(0,)]


@pytest.mark.parametrize("device_type", AGENTS)
def test_the_user_agent_is_of_the_device(device_type, rows):
    words = {name: f"regexp_matches(user_agent, '{pattern}')" for name, pattern in AGENTS.items()}
    others = " OR ".join(word for name, word in words.items() if name != device_type)
    wrong = f"device_type = '{device_type}' AND (NOT {words[device_type]} OR {others})"

    assert rows.execute(f"SELECT count(*), count(*) FILTER ({wrong}) FROM placed WHERE {ONLINE}").fetchone()[1] == 0
    assert rows.execute(f"SELECT count(*) FROM placed WHERE device_type = '{device_type}'").fetchone()[0] > 50_000


def test_a_merchant_s_terminals_stand_still(rows):
    (more,) = rows.execute(
        """SELECT count(*) FROM (SELECT 1 FROM placed WHERE latitude IS NOT NULL GROUP BY merchant_id, terminals
                                 HAVING count(DISTINCT (latitude, longitude)) > terminals)"""
    ).fetchone()
    (two,) = rows.execute(
        """SELECT count(*) FROM (SELECT 1 FROM placed WHERE channel <> 'ONLINE' AND latitude IS NOT NULL
                                 AND device_id IS NOT NULL GROUP BY device_id
                                 HAVING count(DISTINCT (latitude, longitude, merchant_id)) > 1)"""
    ).fetchone()

    assert (more, two) == (0, 0)


@pytest.mark.parametrize(("table", "country"), [("merchants", "merchant_country"), ("customers", "country")])
def test_shops_and_homes_lie_near_a_city_of_their_country(table, country, rows):
    (astray,) = rows.execute(
        f"""SELECT count(*) FROM {table} t WHERE NOT EXISTS (
              SELECT 1 FROM cities c WHERE c.country = t.{country} AND c.city = t.city
              AND abs(c.latitude - t.latitude) <= 0.05 AND abs(c.longitude - t.longitude) <= 0.05)"""
    ).fetchone()

    assert astray == 0


def test_homes_have_the_time_zone_of_their_city(rows):
    assert rows.execute(
        "SELECT count(*) FROM customers t JOIN cities c USING (country, city) WHERE t.time_zone <> c.zone"
    ).fetchone() == (0,)


def minutes(zone, hour):
    """Return the offset of a zone at the start of an hour counted from 1970, in minutes."""
    at = dt.datetime.fromtimestamp(hour * 3600, dt.UTC)
    return at.astimezone(ZoneInfo(zone)).utcoffset() // dt.timedelta(minutes=1)


def test_at_tills_local_time_is_that_of_the_till_s_city(rows):
    found = rows.execute(
        """SELECT DISTINCT zone, micros // 3_600_000_000 AS hour, local_time_offset
           FROM placed JOIN cities ON country = merchant_country AND city = shop_city WHERE channel <> 'ONLINE'"""
    ).fetchall()
    wrong = [(zone, hour, offset) for zone, hour, offset in found if offset != minutes(zone, hour)]

    assert len(found) > 10_000
    assert not wrong


def test_online_local_time_is_that_of_the_payer_at_home_or_on_a_trip(rows):
    found = rows.execute(
        f"""SELECT home_zone, micros // 3_600_000_000 AS hour, local_time_offset, count(*) AS n
            FROM placed WHERE {ONLINE} AND hour % 7 = 0 GROUP BY ALL"""
    ).fetchall()
    (anywhere,) = rows.execute("SELECT list(DISTINCT zone) FROM cities").fetchone()
    known = {hour: {minutes(zone, hour) for zone in anywhere} for hour in {hour for _, hour, _, _ in found}}
    at_home = sum(n for zone, hour, offset, n in found if offset == minutes(zone, hour))

    assert at_home > 0.95 * sum(n for *_, n in found)
    assert all(offset in known[hour] for _, hour, offset, _ in found)


def test_standing_payments_repeat_merchant_amount_and_day_of_the_month():
    asked = {"seed": 7, "rows": 40_000, "start": "2025-03-01", "end": "2025-05-31"}
    payments = rows_of(build("payments", asked), "transactions")
    groups = (
        duckdb.from_arrow(payments)
        .query(
            "payments",
            """SELECT day, count(*) AS n, count(DISTINCT month) AS months FROM (
             SELECT *, day(make_timestamp(epoch_us(event_time))) AS day,
                       month(make_timestamp(epoch_us(event_time))) AS month FROM payments WHERE is_recurring)
           GROUP BY card_pan_hash, merchant_id, amount, currency_code, day""",
        )
        .fetchall()
    )

    assert len(groups) > 500
    assert max(day for day, _, _ in groups) <= 28
    assert sum(n for _, n, _ in groups) > 1500
    assert sum(n == months for _, n, months in groups) > 0.995 * len(groups)
    assert sum(months == 3 for _, _, months in groups) > 0.95 * len(groups)


def test_devices_and_lines_stay_with_their_owner(rows):
    shared = """SELECT count(*) FROM (SELECT 1 FROM placed WHERE channel = 'ONLINE' AND NOT label_fraud
                AND device_id IS NOT NULL GROUP BY device_id HAVING count(DISTINCT (customer_id, device_type)) > 1)"""
    devices = """SELECT max(n), avg((n <= 3)::INT) FROM (SELECT count(DISTINCT device_id) AS n FROM placed
                 WHERE channel = 'ONLINE' AND NOT label_fraud GROUP BY customer_id)"""
    lines = """SELECT count(*) FROM (SELECT 1 FROM placed WHERE ip_address LIKE '100.%' AND NOT label_fraud
               GROUP BY ip_address HAVING count(DISTINCT customer_id) > 3)"""

    assert rows.execute(shared).fetchone() == (0,)
    most, few = rows.execute(devices).fetchone()
    assert most <= 4
    assert few == pytest.approx(1, abs=0.01)
    assert rows.execute(lines).fetchone() == (0,)
