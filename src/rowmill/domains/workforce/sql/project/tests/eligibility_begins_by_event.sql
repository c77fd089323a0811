-- Somebody who was not eligible when a year began becomes so by one event alone, on that day; others have no such event.
-- Nothing happens on or after the day of a termination.
select s.employee_id, s.simulation_year, s.eligibility_date, e.effective_date
from {{ ref('fct_workforce_snapshot') }} as s
full join (select * from {{ ref('fct_yearly_events') }} where event_type = 'eligibility') as e
    on e.scenario_id = s.scenario_id
    and e.plan_design_id = s.plan_design_id
    and e.employee_id = s.employee_id
    and e.simulation_year = s.simulation_year
where
    e.effective_date is distinct from case
        when
            year(s.eligibility_date) = s.simulation_year
            and s.eligibility_date < coalesce(s.termination_date, s.eligibility_date + 1)
            then s.eligibility_date
    end
