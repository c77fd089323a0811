-- A rate at the end of a year differs from the year before by events alone, and each event starts at the last one's rate.
with rates as (
    select scenario_id, plan_design_id, employee_id, 0 as event, case when is_enrolled then deferral_rate else 0 end as after
    from {{ ref('stg_census') }}

    union all by name

    select
        scenario_id,
        plan_design_id,
        employee_id,
        simulation_year::BIGINT * 100 + event_sequence as event,
        prev_employee_deferral_rate as before,
        employee_deferral_rate as after
    from {{ ref('fct_yearly_events') }}
    where employee_deferral_rate is not null
),

broken_chains as (
    select employee_id, event
    from (
        select
            *,
            lag(after, 1, 0) over (partition by scenario_id, plan_design_id, employee_id order by event) as last_rate
        from rates
    )
    where event > 0 and before is distinct from last_rate
),

unexplained as (
    select s.employee_id, s.simulation_year::BIGINT * 100 as event
    from (
        select
            *,
            lag(deferral_rate) over (
                partition by scenario_id, plan_design_id, employee_id order by simulation_year
            ) as last_rate
        from {{ ref('fct_workforce_snapshot') }}
    ) as s
    left join {{ ref('fct_yearly_events') }} as e
        on e.scenario_id = s.scenario_id
        and e.plan_design_id = s.plan_design_id
        and e.employee_id = s.employee_id
        and e.simulation_year = s.simulation_year
        and e.employee_deferral_rate is not null
    where s.deferral_rate <> s.last_rate and e.event_id is null
)

select * from broken_chains
union all
select * from unexplained
