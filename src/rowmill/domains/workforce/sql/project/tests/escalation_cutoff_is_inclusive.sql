-- Exactly those are escalated who meet every condition; one hired on the cutoff does.
with conditions as (
    select
        s.scenario_id,
        s.plan_design_id,
        s.employee_id,
        s.simulation_year,
        s.hire_date >= y.escalation_cutoff
        and y.escalation_bp > 0
        and last.is_enrolled
        and last.enrollment_date <= make_date((y.year - y.escalation_years)::BIGINT, 1, 1)
        and last.deferral_rate between 1 and y.escalation_cap_bp - 1
        and not last.ever_opted_out
        and not coalesce(c.auto_escalation_opt_out, false)
        and coalesce(s.termination_date > make_date(y.year::BIGINT, 1, 1), true) as is_due
    from {{ ref('fct_workforce_snapshot') }} as s
    inner join {{ ref('stg_years') }} as y on y.year = s.simulation_year
    inner join {{ ref('fct_workforce_snapshot') }} as last
        on last.scenario_id = s.scenario_id
        and last.plan_design_id = s.plan_design_id
        and last.employee_id = s.employee_id
        and last.simulation_year = s.simulation_year - 1
    left join {{ ref('stg_census') }} as c
        on c.scenario_id = s.scenario_id and c.plan_design_id = s.plan_design_id and c.employee_id = s.employee_id
)

select d.employee_id, d.simulation_year, d.is_due
from conditions as d
left join {{ ref('fct_yearly_events') }} as e
    on e.scenario_id = d.scenario_id
    and e.plan_design_id = d.plan_design_id
    and e.employee_id = d.employee_id
    and e.simulation_year = d.simulation_year
    and e.event_type = 'deferral_escalation'
where d.is_due <> (e.event_id is not null)
