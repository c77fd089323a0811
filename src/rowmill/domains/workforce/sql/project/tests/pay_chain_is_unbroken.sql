-- Each promotion and raise starts from the pay that the last one, the hire or the census left.
with pays as (
    select scenario_id, plan_design_id, employee_id, 0 as event, compensation as after
    from {{ ref('stg_census') }}

    union all by name

    select
        scenario_id,
        plan_design_id,
        employee_id,
        simulation_year::BIGINT * 100 + event_sequence as event,
        previous_compensation as before,
        compensation_amount as after
    from {{ ref('fct_yearly_events') }}
    where event_type in ('hire', 'promotion', 'raise')
)

select *
from (
    select
        *,
        lag(after) over (partition by scenario_id, plan_design_id, employee_id order by event) as last_pay
    from pays
)
where before <> last_pay or (before is not null and (last_pay is null or after < before))
