-- Pay and level of everybody at the end of each year, by replaying hires, promotions and raises over the census.
with settings as (
    select scenario_id, plan_design_id, employee_id, 0::BIGINT as event, compensation, level_id
    from {{ ref('stg_census') }}

    union all by name

    select
        scenario_id,
        plan_design_id,
        employee_id,
        simulation_year::BIGINT * 100 + event_sequence as event,
        compensation_amount as compensation,
        level_id
    from {{ ref('stg_unified_events') }}
    where event_type in ('hire', 'promotion', 'raise')
),

starts as (
    select
        e.*,
        s.compensation as starting_compensation,
        greatest(e.hire_date - make_date(e.simulation_year, 1, 1), 0) as first_index,
        coalesce(e.termination_date - make_date(e.simulation_year, 1, 1) + 1, y.days) as end_index,
        y.days
    from {{ ref('int_employee_years') }} as e
    inner join (
        select year, make_date(year + 1, 1, 1) - make_date(year, 1, 1) as days from {{ ref('stg_years') }}
    ) as y on y.year = e.simulation_year
    asof join settings as s
        on s.scenario_id = e.scenario_id
        and s.plan_design_id = e.plan_design_id
        and s.employee_id = e.employee_id
        and s.event <= e.simulation_year::BIGINT * 100 + e.is_hire::INTEGER
),

paid_more as (
    select
        s.scenario_id,
        s.plan_design_id,
        s.employee_id,
        s.simulation_year,
        sum(
            (v.compensation_amount - v.previous_compensation)
            * (s.end_index - (v.effective_date - make_date(s.simulation_year, 1, 1)))
        )::BIGINT as cent_days
    from starts as s
    inner join {{ ref('stg_unified_events') }} as v
        using (scenario_id, plan_design_id, employee_id, simulation_year)
    where v.event_type in ('promotion', 'raise')
    group by all
)

select
    s.scenario_id,
    s.plan_design_id,
    s.employee_id,
    s.simulation_year,
    s.starting_compensation,
    c.compensation as current_compensation,
    c.level_id,
    (s.starting_compensation * (s.end_index - s.first_index) + coalesce(m.cent_days, 0)) // s.days
        as prorated_compensation,
    (s.starting_compensation * (s.end_index - s.first_index) + coalesce(m.cent_days, 0))
        // (s.end_index - s.first_index) as full_year_equivalent_compensation
from starts as s
asof join settings as c
    on c.scenario_id = s.scenario_id
    and c.plan_design_id = s.plan_design_id
    and c.employee_id = s.employee_id
    and c.event <= s.last_event
left join paid_more as m
    on m.scenario_id = s.scenario_id
    and m.plan_design_id = s.plan_design_id
    and m.employee_id = s.employee_id
    and m.simulation_year = s.simulation_year
