{{ config(materialized='view') }}
-- The events, a row each; ids are unique over all scenarios.
select * from {{ ref('stg_unified_events') }}
