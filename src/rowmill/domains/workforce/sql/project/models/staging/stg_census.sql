-- The start population of every scenario.
select s.scenario_id, s.plan_design_id, c.*
from {{ source('census', 'census') }} as c
cross join (select distinct scenario_id, plan_design_id from {{ ref('stg_snapshots') }}) as s
