-- Who was enrolled in the census stays so, with the same date, until they opt out.
select s.employee_id, s.simulation_year
from {{ ref('fct_workforce_snapshot') }} as s
inner join {{ ref('stg_census') }} as c using (scenario_id, plan_design_id, employee_id)
where
    c.is_enrolled
    and not s.ever_opted_out
    and (not s.is_enrolled or s.enrollment_date <> c.enrollment_date or s.enrollment_source <> 'census')
