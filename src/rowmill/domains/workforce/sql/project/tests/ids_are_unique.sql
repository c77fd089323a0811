-- An event id names one event, in all scenarios and years together.
select event_id, count(*) as events
from {{ ref('fct_yearly_events') }}
group by event_id
having count(*) > 1
