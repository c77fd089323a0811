-- Events of a person and year are numbered from 1 without gaps, by date.
select *
from (
    select
        employee_id,
        simulation_year,
        event_sequence,
        effective_date,
        row_number() over person as place,
        lag(effective_date) over person as last_date
    from {{ ref('fct_yearly_events') }}
    window person as (partition by scenario_id, plan_design_id, employee_id, simulation_year order by event_sequence)
)
where event_sequence <> place or effective_date < last_date
