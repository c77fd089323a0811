{{ config(materialized='view') }}
-- Everybody employed in a year, as they stood at its end or when they left.
select * from {{ ref('stg_snapshots') }}
