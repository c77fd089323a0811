{{ config(materialized='table') }}
-- The years of the files with what was asked of each.
select y.*, r.start_year, r.hire_mode, r.escalation_cap_bp, r.escalation_bp, r.escalation_cutoff, r.escalation_years
from {{ source('inputs', 'years') }} as y
cross join {{ source('inputs', 'run') }} as r
where y.year in (select distinct simulation_year from {{ ref('stg_snapshots') }})
