-- One person, one termination.
select scenario_id, plan_design_id, employee_id
from {{ ref('fct_yearly_events') }}
where event_type = 'termination'
group by scenario_id, plan_design_id, employee_id
having count(*) > 1
