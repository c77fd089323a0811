{{ config(tags=['event_generation']) }}
-- What the files hold and what SQL makes of the same census and settings is the same, row for row.
{%- for made, stored in [('gen_events', 'stg_unified_events'), ('gen_snapshots', 'stg_snapshots')] %}
(
    select '{{ made }} alone' as place, count(*) as differing
    from (
        select * exclude (simulation_year), simulation_year from {{ ref(made) }}
        except all
        select * exclude (simulation_year), simulation_year from {{ ref(stored) }}
    )
    having count(*) > 0
)

union all

(
    select '{{ stored }} alone' as place, count(*) as differing
    from (
        select * exclude (simulation_year), simulation_year from {{ ref(stored) }}
        except all
        select * exclude (simulation_year), simulation_year from {{ ref(made) }}
    )
    having count(*) > 0
)
{% if not loop.last %}
union all
{% endif %}
{%- endfor %}
