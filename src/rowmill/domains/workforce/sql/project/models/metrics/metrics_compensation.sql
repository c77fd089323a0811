-- Pay by year and level, of those who are there at its end; cents.
select
    scenario_id,
    plan_design_id,
    simulation_year,
    level_id,
    count(*) as employees,
    sum(current_compensation)::BIGINT as total_compensation,
    sum(current_compensation)::BIGINT // count(*) as average_compensation,
    quantile_disc(current_compensation, 0.5) as median_compensation,
    min(current_compensation) as lowest_compensation,
    max(current_compensation) as highest_compensation
from {{ ref('fct_workforce_snapshot') }}
where employment_status = 'active'
group by scenario_id, plan_design_id, simulation_year, level_id
