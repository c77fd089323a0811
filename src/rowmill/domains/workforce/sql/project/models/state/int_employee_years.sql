-- Who is there in which year, from the census and the events alone: hired by then, not gone before.
with people as (
    select scenario_id, plan_design_id, employee_id, hire_date, birth_date, null::INTEGER as hired_in
    from {{ ref('stg_census') }}

    union all by name

    select scenario_id, plan_design_id, employee_id, effective_date as hire_date, simulation_year as hired_in
    from {{ ref('stg_unified_events') }}
    where event_type = 'hire'
),

departures as (
    select
        scenario_id,
        plan_design_id,
        employee_id,
        simulation_year as left_in,
        effective_date as termination_date,
        termination_reason
    from {{ ref('stg_unified_events') }}
    where event_type = 'termination'
)

select
    p.scenario_id,
    p.plan_design_id,
    p.employee_id,
    y.year::INTEGER as simulation_year,
    p.hire_date,
    coalesce(p.hired_in = y.year, false) as is_hire,
    coalesce(d.left_in = y.year, false) as leaves,
    case when d.left_in = y.year then d.termination_date end as termination_date,
    case when d.left_in = y.year then d.termination_reason end as termination_reason,
    case when d.left_in = y.year then d.termination_date else make_date(y.year::BIGINT, 12, 31) end as as_of,
    y.year * 100 + 99 as last_event
from people as p
inner join {{ ref('stg_years') }} as y on y.year >= coalesce(p.hired_in, y.year)
left join departures as d using (scenario_id, plan_design_id, employee_id)
where y.year <= coalesce(d.left_in, y.year)
