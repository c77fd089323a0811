-- Every event belongs to somebody who was there in its year, in its own scenario, and lies in that year.
select e.event_id, e.employee_id, e.simulation_year
from {{ ref('fct_yearly_events') }} as e
left join {{ ref('fct_workforce_snapshot') }} as s
    using (scenario_id, plan_design_id, employee_id, simulation_year)
where
    s.employee_id is null
    or s.block <> e.block
    or s.employee_ssn <> e.employee_ssn
    or year(e.effective_date) <> e.simulation_year
    or e.effective_date < s.hire_date
    or e.simulation_year not in (select year from {{ ref('stg_years') }})

union all

-- Everybody in a snapshot comes from the census or from a hire.
select null::BIGINT as event_id, s.employee_id, s.simulation_year
from {{ ref('fct_workforce_snapshot') }} as s
where
    not exists (
        select 1 from {{ ref('stg_census') }} as c
        where c.scenario_id = s.scenario_id and c.employee_id = s.employee_id
    )
    and not exists (
        select 1 from {{ ref('fct_yearly_events') }} as h
        where h.scenario_id = s.scenario_id and h.employee_id = s.employee_id and h.event_type = 'hire'
    )
