-- A hire who is eligible in the year of hire has an event that says so, on that day, and one who is not has none.
select s.employee_id, s.simulation_year
from {{ ref('fct_workforce_snapshot') }} as s
left join {{ ref('fct_yearly_events') }} as e
    on e.scenario_id = s.scenario_id
    and e.plan_design_id = s.plan_design_id
    and e.employee_id = s.employee_id
    and e.simulation_year = s.simulation_year
    and e.event_type = 'eligibility'
where
    s.detailed_status_code in ('new_hire_active', 'new_hire_termination')
    and (
        (s.is_eligible and e.event_id is null)
        or (not s.is_eligible and e.event_id is not null)
        or e.effective_date <> s.eligibility_date
    )
