-- Whoever is eligible at the end of a year is so in the next one.
select s.employee_id, s.simulation_year
from {{ ref('fct_workforce_snapshot') }} as s
inner join {{ ref('fct_workforce_snapshot') }} as last
    on last.scenario_id = s.scenario_id
    and last.plan_design_id = s.plan_design_id
    and last.employee_id = s.employee_id
    and last.simulation_year = s.simulation_year - 1
where last.is_eligible and not s.is_eligible
