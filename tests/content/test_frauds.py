"""A million payments: each scenario leaves its trace, has honest look-alikes, and is reported late or never."""

from __future__ import annotations

import pytest

from rowmill.domains.payments.spec import PaymentsSpec

SHARES = PaymentsSpec().fraud.scenarios
FRAUDS = 3000
EPISODES = "SELECT episode_id, min(micros) AS begin, max(micros) AS finish FROM facts WHERE label_fraud GROUP BY ALL"


@pytest.fixture(scope="module")
def facts(data):
    data.execute(
        """CREATE OR REPLACE TEMP TABLE frauds AS SELECT * FROM facts WHERE label_fraud;
           CREATE OR REPLACE TEMP TABLE ordinary AS SELECT * FROM facts WHERE scenario IS NULL;"""
    )
    return lambda sql: data.execute(sql).fetchone()


@pytest.mark.parametrize("scenario", SHARES)
def test_scenarios_share_the_frauds_by_weight(scenario, facts):
    (count,) = facts(f"SELECT count(*) FROM frauds WHERE scenario = '{scenario}'")

    assert abs(count - FRAUDS * SHARES[scenario] / sum(SHARES.values())) <= 4


@pytest.mark.parametrize("scenario", SHARES)
def test_every_scenario_has_four_honest_look_alikes_a_fraud(scenario, facts):
    frauds, honest = facts(
        f"""SELECT count(*) FILTER (is_fraud), count(*) FILTER (NOT is_fraud AND hard_negative <> 'compromise_visit')
            FROM labels WHERE scenario = '{scenario}'"""
    )

    assert honest == 4 * frauds


def test_honest_rows_are_neither_reported_nor_frauds_look_alikes(facts):
    assert facts("SELECT count(*) FROM labels WHERE is_fraud <> (hard_negative IS NULL)") == (0,)
    assert facts("SELECT count(*) FROM labels WHERE NOT is_fraud AND reported_time IS NOT NULL") == (0,)


def test_reports_come_late_and_some_never(facts):
    never, least, median, late, most = facts(
        """SELECT avg((reported_time IS NULL)::INT), min(days), median(days), avg((days > 90)::INT), max(days)
           FROM (SELECT reported_time, date_diff('second', event_time, reported_time) / 86400 AS days FROM frauds)"""
    )
    friendly, others = facts(
        """SELECT median(d) FILTER (scenario = 'friendly'), median(d) FILTER (scenario <> 'friendly')
           FROM (SELECT scenario, date_diff('second', event_time, reported_time) AS d FROM frauds)"""
    )

    assert 0.05 <= never <= 0.15
    assert least > 0
    assert 7 <= median <= 30
    assert 0.03 <= late <= 0.15
    assert most <= 120
    # 220 friendly reports: their median lies within 20 % of 1.8 times the others'.
    assert friendly >= 1.44 * others


def test_an_episode_is_one_card_and_one_scenario(facts):
    assert facts(
        """SELECT count(*) FROM (SELECT 1 FROM facts WHERE episode_id IS NOT NULL GROUP BY episode_id
                                 HAVING count(DISTINCT (card_pan_hash, scenario, label_fraud)) > 1)"""
    ) == (0,)


def test_card_testing_is_small_fast_and_shares_a_shop_and_a_device(facts):
    least, most = facts("SELECT min(dollars), max(dollars) FROM frauds WHERE scenario = 'card_testing'")
    (gap,) = facts(
        """SELECT median(gap) FROM (SELECT micros - lag(micros) OVER (PARTITION BY episode_id ORDER BY micros) AS gap
           FROM frauds WHERE scenario = 'card_testing')"""
    )
    shops, devices, cards, campaigns = facts(
        """SELECT max(shops), max(devices), median(cards), count(*) FROM (
             SELECT count(DISTINCT merchant_id) AS shops, count(DISTINCT device_id) AS devices,
                    count(DISTINCT card_pan_hash) AS cards
             FROM frauds WHERE scenario = 'card_testing' GROUP BY campaign_id)"""
    )

    # At most 3 dollars at a price level of up to 1.6.
    assert 0.05 < least < most < 5
    assert gap < 120e6
    assert (shops, devices) == (1, 1)
    assert cards >= 8
    assert campaigns >= 5


def test_stolen_credentials_come_from_strangers_devices(facts):
    (seen,) = facts(
        """SELECT count(*) FROM frauds SEMI JOIN ordinary USING (device_id)
           WHERE scenario IN ('stolen_credentials', 'card_testing')"""
    )
    online, devices = facts(
        """SELECT avg((channel = 'ONLINE')::INT), max(n) FROM (
             SELECT *, count(DISTINCT device_id) OVER (PARTITION BY episode_id) AS n FROM frauds
             WHERE scenario = 'stolen_credentials')"""
    )

    assert seen == 0
    assert (online, devices) == (1, 1)


def test_taken_over_accounts_get_a_new_device_while_the_owner_s_goes_on(facts):
    (known,) = facts(
        """SELECT count(*) FROM frauds f SEMI JOIN ordinary o ON f.device_id = o.device_id
           WHERE f.scenario = 'account_takeover'"""
    )
    (goes_on,) = facts(
        f"""SELECT avg(later) FROM (
              SELECT EXISTS (FROM ordinary o WHERE o.customer_id = f.customer_id AND o.channel = 'ONLINE'
                             AND o.micros > f.begin)::INT AS later
              FROM (SELECT customer_id, {EPISODES[7:].replace("WHERE", "WHERE scenario = 'account_takeover' AND")}) f
              WHERE begin < epoch_us(TIMESTAMP '2025-11-21'))"""
    )

    assert known == 0
    assert goes_on >= 0.8


def test_a_lost_card_s_owner_stops_until_it_is_replaced(facts):
    day = 86_400_000_000
    stolen = EPISODES.replace("WHERE", "WHERE scenario = 'lost_stolen' AND").replace("SELECT", "SELECT card_pan_hash,")
    (silent,) = facts(
        f"""SELECT count(*) FROM ({stolen}) s JOIN facts f USING (card_pan_hash)
            WHERE f.episode_id IS DISTINCT FROM s.episode_id
            AND f.micros >= s.begin AND f.micros < s.begin // {day} * {day} + 15 * {day}"""
    )
    before, back = facts(
        f"""SELECT avg(earlier), avg(later) FILTER (begin < epoch_us(TIMESTAMP '2025-11-08')) FROM (
              SELECT begin,
                EXISTS (FROM ordinary o WHERE o.card_pan_hash = s.card_pan_hash AND o.micros < s.begin)::INT AS earlier,
                EXISTS (FROM ordinary o WHERE o.card_pan_hash = s.card_pan_hash
                        AND o.micros >= s.begin + 15 * {day})::INT AS later FROM ({stolen}) s)"""
    )
    tills, near = facts(
        """SELECT avg((channel <> 'ONLINE')::INT), avg((NOT foreign_shop)::INT) FROM frauds
           WHERE scenario = 'lost_stolen'"""
    )

    assert silent == 0
    assert before > 0.85
    assert back > 0.85
    assert tills == 1
    assert near > 0.9


def test_skimmed_cards_all_paid_at_the_breached_till_before(facts):
    victims, visited = facts(
        """SELECT count(*), count(v.micros) FROM
             (SELECT card_pan_hash, campaign_id, min(micros) AS begin FROM frauds
              WHERE scenario = 'skimming' GROUP BY ALL) f
           LEFT JOIN (SELECT card_pan_hash, campaign_id, min(micros) AS micros FROM facts
                      WHERE hard_negative = 'compromise_visit' GROUP BY ALL) v
           ON v.card_pan_hash = f.card_pan_hash AND v.campaign_id = f.campaign_id AND v.micros < f.begin"""
    )
    tills, campaigns = facts(
        """SELECT max(shops), count(*) FROM (SELECT count(DISTINCT merchant_id) AS shops FROM facts
           WHERE hard_negative = 'compromise_visit' GROUP BY campaign_id)"""
    )
    abroad, stripe, tilled = facts(
        """SELECT avg(foreign_shop::INT), avg((pos_entry_mode = 'MAGSTRIPE')::INT), avg((channel <> 'ONLINE')::INT)
           FROM frauds WHERE scenario = 'skimming'"""
    )

    assert victims == visited > 50
    assert tills == 1
    assert 2 <= campaigns <= 8
    assert abroad > 0.9
    assert 0.5 < stripe < 0.8
    assert tilled == 1


def test_friendly_fraud_looks_like_its_owner(facts):
    own = "FROM ordinary o WHERE o.customer_id = f.customer_id"
    devices, lines = facts(
        f"""SELECT avg(EXISTS ({own} AND o.device_id = f.device_id)::INT),
                   avg(EXISTS ({own} AND o.ip_address = f.ip_address)::INT)
            FROM frauds f WHERE scenario = 'friendly' AND device_id IS NOT NULL"""
    )

    assert devices > 0.85
    assert lines > 0.7


def test_owners_go_on_paying_through_remote_fraud(facts):
    (share,) = facts(
        """SELECT avg(goes_on) FROM (
             SELECT EXISTS (FROM ordinary o WHERE o.card_pan_hash = f.card_pan_hash AND o.micros > f.begin
                            AND o.micros < f.begin + 10 * 86400000000)::INT AS goes_on
             FROM (SELECT card_pan_hash, episode_id, min(micros) AS begin FROM frauds
                   WHERE scenario IN ('stolen_credentials', 'account_takeover') GROUP BY ALL) f
             WHERE begin < epoch_us(TIMESTAMP '2025-11-20'))"""
    )

    assert share >= 0.8


def test_no_merchant_or_device_is_there_for_fraud_alone(facts):
    for entity in ("merchant_id", "device_id"):
        (share,) = facts(
            f"""SELECT coalesce(sum(bad), 0) / {FRAUDS} FROM (
                  SELECT count(*) AS n, count(*) FILTER (label_fraud) AS bad FROM facts WHERE {entity} IS NOT NULL
                  GROUP BY {entity}) WHERE n >= 10 AND bad > n / 2"""
        )
        # Attacks of card testing come from one device each.
        assert share < (0.10 if entity == "merchant_id" else 0.20)
