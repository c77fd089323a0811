-- The snapshot once more, from the census and the events alone.
select
    e.scenario_id,
    e.plan_design_id,
    e.employee_id,
    e.simulation_year,
    e.hire_date,
    case when e.leaves then 'terminated' else 'active' end as employment_status,
    case
        when e.is_hire and e.leaves then 'new_hire_termination'
        when e.is_hire then 'new_hire_active'
        when e.leaves then 'experienced_termination'
        else 'continuous_active'
    end as detailed_status_code,
    e.termination_date,
    e.termination_reason,
    p.starting_compensation,
    p.current_compensation,
    p.prorated_compensation,
    p.full_year_equivalent_compensation,
    p.level_id,
    n.is_enrolled,
    n.enrollment_date,
    n.enrollment_source,
    n.ever_opted_out,
    n.opt_out_date,
    d.deferral_rate,
    n.original_deferral_rate,
    d.escalations_received,
    d.last_escalation_date,
    d.rate_source
from {{ ref('int_employee_years') }} as e
inner join {{ ref('int_pay_state') }} as p using (scenario_id, plan_design_id, employee_id, simulation_year)
inner join {{ ref('int_enrollment_state') }} as n using (scenario_id, plan_design_id, employee_id, simulation_year)
inner join {{ ref('int_deferral_state') }} as d using (scenario_id, plan_design_id, employee_id, simulation_year)
