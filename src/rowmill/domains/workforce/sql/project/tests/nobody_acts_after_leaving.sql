-- No zombies: whoever has left has no later event, and no snapshot of a later year.
with departures as (
    select scenario_id, plan_design_id, employee_id, simulation_year as left_in, event_sequence as last_event
    from {{ ref('fct_yearly_events') }}
    where event_type = 'termination'
)

select employee_id, simulation_year, event_type as what
from {{ ref('fct_yearly_events') }}
inner join departures using (scenario_id, plan_design_id, employee_id)
where simulation_year > left_in or (simulation_year = left_in and event_sequence > last_event)

union all

select employee_id, simulation_year, 'snapshot' as what
from {{ ref('fct_workforce_snapshot') }}
inner join departures using (scenario_id, plan_design_id, employee_id)
where simulation_year > left_in
