-- A year starts with those who were there at the end of the last one, the first year with the census.
with starts as (
    select
        scenario_id,
        plan_design_id,
        simulation_year,
        list(employee_id order by employee_id) as people
    from {{ ref('fct_workforce_snapshot') }}
    where detailed_status_code in ('continuous_active', 'experienced_termination')
    group by all
),

ends as (
    select
        scenario_id,
        plan_design_id,
        (simulation_year + 1)::INTEGER as simulation_year,
        list(employee_id order by employee_id) as people
    from {{ ref('fct_workforce_snapshot') }}
    where
        employment_status = 'active'
        and simulation_year < (select max(year) from {{ ref('stg_years') }})
    group by all

    union all

    select
        scenario_id,
        plan_design_id,
        (select min(year) from {{ ref('stg_years') }})::INTEGER as simulation_year,
        list(employee_id order by employee_id) as people
    from {{ ref('stg_census') }}
    where (select min(year) = min(start_year) from {{ ref('stg_years') }})
    group by all
)

select simulation_year, len(starts.people) as starting, len(ends.people) as ending
from starts
full join ends using (scenario_id, plan_design_id, simulation_year)
where
    starts.people is distinct from ends.people
    and (
        simulation_year > (select min(year) from {{ ref('stg_years') }})
        or (select min(year) = min(start_year) from {{ ref('stg_years') }})
    )
