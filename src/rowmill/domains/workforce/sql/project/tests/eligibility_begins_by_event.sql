-- Somebody who was not eligible at the end of a year, or in the census, becomes so by one event alone.
with states as (
    select
        s.scenario_id,
        s.plan_design_id,
        s.employee_id,
        s.simulation_year,
        s.is_eligible,
        s.eligibility_date < make_date(s.simulation_year, 1, 1) as was_eligible
    from {{ ref('fct_workforce_snapshot') }} as s
)

select s.employee_id, s.simulation_year, count(e.event_id) as events
from states as s
left join {{ ref('fct_yearly_events') }} as e
    on e.scenario_id = s.scenario_id
    and e.plan_design_id = s.plan_design_id
    and e.employee_id = s.employee_id
    and e.simulation_year = s.simulation_year
    and e.event_type = 'eligibility'
group by all
having count(e.event_id) > 1 or (any_value(coalesce(s.was_eligible, false)) and count(e.event_id) > 0)
    or (any_value(s.is_eligible and not coalesce(s.was_eligible, false)) and count(e.event_id) = 0
        and any_value(s.employee_id) not in (
            select employee_id from {{ ref('fct_workforce_snapshot') }} where termination_date = eligibility_date
        ))
