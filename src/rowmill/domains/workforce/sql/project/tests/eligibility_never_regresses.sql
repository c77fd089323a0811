-- The day of eligibility is the same in every year.
select scenario_id, plan_design_id, employee_id
from {{ ref('fct_workforce_snapshot') }}
group by scenario_id, plan_design_id, employee_id
having count(distinct eligibility_date) > 1 or count(eligibility_date) not in (0, count(*))
