-- Nobody enrols who is enrolled, and nobody opts out who is not.
with steps as (
    select scenario_id, plan_design_id, employee_id, 0 as event, is_enrolled
    from {{ ref('stg_census') }}

    union all

    select
        scenario_id,
        plan_design_id,
        employee_id,
        simulation_year::BIGINT * 100 + event_sequence as event,
        event_type = 'enrollment' as is_enrolled
    from {{ ref('fct_yearly_events') }}
    where event_type = 'enrollment' or event_category = 'opt_out'
)

select *
from (
    select
        *,
        lag(is_enrolled, 1, false) over (
            partition by scenario_id, plan_design_id, employee_id order by event
        ) as was_enrolled
    from steps
)
where event > 0 and is_enrolled = was_enrolled
