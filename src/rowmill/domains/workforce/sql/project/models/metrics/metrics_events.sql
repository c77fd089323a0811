-- Events by month and type.
select
    scenario_id,
    plan_design_id,
    simulation_year,
    month(effective_date)::INTEGER as month,
    event_type,
    event_category,
    count(*) as events
from {{ ref('fct_yearly_events') }}
group by all
