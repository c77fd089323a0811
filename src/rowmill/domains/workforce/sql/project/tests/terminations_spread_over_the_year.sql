-- Of a hundred terminations in a year, no day has more than a fifth.
with days as (
    select
        scenario_id,
        simulation_year,
        effective_date,
        count(*) as terminations,
        sum(count(*)) over (partition by scenario_id, simulation_year) as in_the_year
    from {{ ref('fct_yearly_events') }}
    where event_type = 'termination'
    group by scenario_id, simulation_year, effective_date
)

select * from days
where in_the_year >= 100 and terminations * 5 > in_the_year
