-- One row a person, year, scenario and plan.
select scenario_id, plan_design_id, employee_id, simulation_year
from {{ ref('fct_workforce_snapshot') }}
group by all
having count(*) > 1
