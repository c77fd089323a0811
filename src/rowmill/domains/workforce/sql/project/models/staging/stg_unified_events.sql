-- The events of either engine, as they lie in the files.
select * from {{ source('polars_events', 'events') }}
