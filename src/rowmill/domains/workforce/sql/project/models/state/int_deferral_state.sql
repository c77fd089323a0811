-- Deferral rate of everybody at the end of each year, by replaying every event that sets one over the census.
with settings as (
    select
        scenario_id,
        plan_design_id,
        employee_id,
        0::BIGINT as event,
        case when is_enrolled then deferral_rate else 0 end as deferral_rate,
        null::INTEGER as previous_deferral_rate,
        case when is_enrolled then 'census_rate' else 'none' end as rate_source,
        null::DATE as escalation_date
    from {{ ref('stg_census') }}

    union all by name

    select
        scenario_id,
        plan_design_id,
        employee_id,
        simulation_year::BIGINT * 100 + event_sequence as event,
        employee_deferral_rate as deferral_rate,
        prev_employee_deferral_rate as previous_deferral_rate,
        case event_type
            when 'enrollment' then 'enrollment_event'
            when 'deferral_escalation' then 'escalation_event'
            else event_category
        end as rate_source,
        case when event_type = 'deferral_escalation' then effective_date end as escalation_date
    from {{ ref('stg_unified_events') }}
    where employee_deferral_rate is not null

    union all by name

    select
        scenario_id,
        plan_design_id,
        employee_id,
        0::BIGINT as event,
        0 as deferral_rate,
        'none' as rate_source
    from {{ ref('stg_unified_events') }}
    where event_type = 'hire'
),

replayed as (
    select
        * replace (last_value(escalation_date ignore nulls) over so_far as escalation_date),
        count(escalation_date) over so_far as escalations_received
    from settings
    window so_far as (
        partition by scenario_id, plan_design_id, employee_id
        order by event
        rows between unbounded preceding and current row
    )
)

select
    e.scenario_id,
    e.plan_design_id,
    e.employee_id,
    e.simulation_year,
    r.deferral_rate,
    r.previous_deferral_rate,
    r.rate_source,
    r.escalations_received,
    r.escalation_date as last_escalation_date
from {{ ref('int_employee_years') }} as e
asof join replayed as r
    on r.scenario_id = e.scenario_id
    and r.plan_design_id = e.plan_design_id
    and r.employee_id = e.employee_id
    and r.event <= e.last_event
