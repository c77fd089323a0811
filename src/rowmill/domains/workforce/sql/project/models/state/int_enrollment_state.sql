-- Enrolment of everybody at the end of each year, by replaying enrolments and opt-outs over the census.
with settings as (
    select
        scenario_id,
        plan_design_id,
        employee_id,
        0::BIGINT as event,
        is_enrolled,
        case when is_enrolled then enrollment_date end as enrollment_date,
        case when is_enrolled then 'census' end as enrollment_source,
        case when is_enrolled then deferral_rate end as original_deferral_rate,
        null::DATE as opt_out_date
    from {{ ref('stg_census') }}

    union all by name

    select
        scenario_id,
        plan_design_id,
        employee_id,
        simulation_year::BIGINT * 100 + event_sequence as event,
        event_type = 'enrollment' as is_enrolled,
        case when event_type = 'enrollment' then effective_date end as enrollment_date,
        enrollment_source,
        case when event_type = 'enrollment' then employee_deferral_rate end as original_deferral_rate,
        case when event_category = 'opt_out' then effective_date end as opt_out_date
    from {{ ref('stg_unified_events') }}
    where event_type = 'enrollment' or event_category = 'opt_out'

    union all by name

    select scenario_id, plan_design_id, employee_id, 0::BIGINT as event, false as is_enrolled
    from {{ ref('stg_unified_events') }}
    where event_type = 'hire'
),

replayed as (
    select
        * replace (
            last_value(enrollment_date ignore nulls) over so_far as enrollment_date,
            last_value(enrollment_source ignore nulls) over so_far as enrollment_source,
            last_value(original_deferral_rate ignore nulls) over so_far as original_deferral_rate,
            last_value(opt_out_date ignore nulls) over so_far as opt_out_date
        ),
        count(*) filter (enrollment_source is not null) over so_far as times_enrolled,
        count(opt_out_date) over so_far as times_opted_out
    from settings
    window so_far as (
        partition by scenario_id, plan_design_id, employee_id
        order by event
        rows between unbounded preceding and current row
    )
)

select
    e.scenario_id,
    e.plan_design_id,
    e.employee_id,
    e.simulation_year,
    r.is_enrolled,
    r.enrollment_date,
    e.simulation_year - year(r.enrollment_date) as years_since_enrollment,
    r.enrollment_source,
    case r.enrollment_source when 'auto' then 'auto' when 'census' then null else 'voluntary' end as enrollment_method,
    r.original_deferral_rate,
    r.times_opted_out > 0 as ever_opted_out,
    r.opt_out_date,
    r.times_enrolled,
    r.times_opted_out
from {{ ref('int_employee_years') }} as e
asof join replayed as r
    on r.scenario_id = e.scenario_id
    and r.plan_design_id = e.plan_design_id
    and r.employee_id = e.employee_id
    and r.event <= e.last_event
