-- Whoever has opted out, of the plan or of escalation, is never escalated.
select e.employee_id, e.simulation_year
from {{ ref('fct_yearly_events') }} as e
left join {{ ref('fct_yearly_events') }} as o
    on o.scenario_id = e.scenario_id
    and o.plan_design_id = e.plan_design_id
    and o.employee_id = e.employee_id
    and o.event_category = 'opt_out'
    and o.effective_date < e.effective_date
left join {{ ref('stg_census') }} as c
    on c.scenario_id = e.scenario_id
    and c.plan_design_id = e.plan_design_id
    and c.employee_id = e.employee_id
where e.event_type = 'deferral_escalation' and (o.event_id is not null or coalesce(c.auto_escalation_opt_out, false))
