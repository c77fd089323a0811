-- No escalation goes past the cap, by more than a step, or downwards.
select e.employee_id, e.simulation_year, e.employee_deferral_rate
from {{ ref('fct_yearly_events') }} as e
inner join {{ ref('stg_years') }} as y on y.year = e.simulation_year
where
    e.event_type = 'deferral_escalation'
    and (
        e.employee_deferral_rate > y.escalation_cap_bp
        or e.employee_deferral_rate <= e.prev_employee_deferral_rate
        or e.employee_deferral_rate - e.prev_employee_deferral_rate > y.escalation_bp
    )
