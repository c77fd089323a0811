-- A termination lies after the hire.
select e.employee_id, e.effective_date, s.hire_date
from {{ ref('fct_yearly_events') }} as e
inner join {{ ref('fct_workforce_snapshot') }} as s
    using (scenario_id, plan_design_id, employee_id, simulation_year)
where e.event_type = 'termination' and e.effective_date <= s.hire_date
