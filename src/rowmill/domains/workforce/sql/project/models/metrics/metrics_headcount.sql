-- Who was there at the start of each year, came, left, and was there at its end; rates in basis points.
select
    scenario_id,
    plan_design_id,
    simulation_year,
    count(*) filter (detailed_status_code in ('continuous_active', 'experienced_termination')) as starting_headcount,
    count(*) filter (detailed_status_code in ('new_hire_active', 'new_hire_termination')) as hires,
    count(*) filter (detailed_status_code = 'experienced_termination') as experienced_terminations,
    count(*) filter (detailed_status_code = 'new_hire_termination') as new_hire_terminations,
    count(*) filter (employment_status = 'active') as ending_headcount,
    (count(*) filter (employment_status = 'active')
        - count(*) filter (detailed_status_code in ('continuous_active', 'experienced_termination'))) * 10000
        // nullif(count(*) filter (detailed_status_code in ('continuous_active', 'experienced_termination')), 0)
        as growth_bp,
    count(*) filter (employment_status = 'terminated') * 10000 // count(*) as turnover_bp
from {{ ref('fct_workforce_snapshot') }}
group by scenario_id, plan_design_id, simulation_year
