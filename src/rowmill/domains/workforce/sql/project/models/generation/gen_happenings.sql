-- One row an event, in the terms of the year's index; what an event type says of itself stands here and nowhere else.
with everybody as (
    select * from {{ ref('gen_employee_years') }}
),

settings as (
    select * from {{ source('inputs', 'run') }}
),

happenings as (
    select
        number,
        year,
        1 as code,
        'termination' as event_type,
        until as index,
        case when is_hire then 'new_hire_termination' else 'experienced_termination' end as event_category,
        termination_reason as event_details,
        case when not is_hire then least(termination_weight, 65536) * 65536 end as event_probability
    from everybody
    where leaves

    union all by name

    select
        e.number,
        e.year,
        2 as code,
        'hire' as event_type,
        e.hire_date - make_date(e.year, 1, 1) as index,
        'new_hire' as event_category,
        l.name as event_details
    from everybody as e
    inner join {{ source('inputs', 'levels') }} as l on l.level = e.start_level
    where e.is_hire

    union all by name

    select
        number,
        year,
        3 as code,
        'eligibility' as event_type,
        eligibility_date - make_date(year, 1, 1) as index,
        'plan_eligibility' as event_category,
        case when eligibility_date = hire_date then 'immediate' else 'age_and_service' end as event_details
    from everybody
    where becomes_eligible

    union all by name

    select
        number,
        year,
        4 as code,
        'enrollment' as event_type,
        enrolls_index as index,
        enrolls_source || '_enrollment' as event_category,
        case when start_ever_opted_out then 'again' else 'initial' end as event_details,
        enrolls_threshold as event_probability,
        enrolls_bp as employee_deferral_rate,
        0 as prev_employee_deferral_rate
    from everybody
    where enrolls

    union all by name

    select
        number,
        year,
        5 as code,
        1 as seq,
        'enrollment_change' as event_type,
        opts_out_index as index,
        'opt_out' as event_category,
        'within_window' as event_details,
        opt_out_threshold as event_probability,
        0 as employee_deferral_rate,
        case when enrolls then enrolls_bp else escalated_bp end as prev_employee_deferral_rate
    from everybody
    where opts_out

    union all by name

    select
        e.number,
        e.year,
        5 as code,
        'enrollment_change' as event_type,
        e.rate_change_index as index,
        'rate_change' as event_category,
        case when e.rate_change_bp > e.escalated_bp then 'increase' else 'decrease' end as event_details,
        r.rate_change_threshold as event_probability,
        e.rate_change_bp as employee_deferral_rate,
        e.escalated_bp as prev_employee_deferral_rate
    from everybody as e
    cross join settings as r
    where e.changes_rate

    union all by name

    select
        e.number,
        e.year,
        7 as code,
        'deferral_escalation' as event_type,
        0 as index,
        'auto_escalation' as event_category,
        case when e.escalated_bp = r.escalation_cap_bp then 'last_step' else 'step' end as event_details,
        e.escalated_bp as employee_deferral_rate,
        e.start_deferral_bp as prev_employee_deferral_rate
    from everybody as e
    cross join settings as r
    where e.escalates

    union all by name

    select
        e.number,
        e.year,
        8 as code,
        'promotion' as event_type,
        e.promotion_index as index,
        'level_promotion' as event_category,
        l.name as event_details,
        e.promotion_threshold as event_probability,
        case when e.raise_first then e.pay2 else e.pay1 end as compensation_amount,
        case when e.raise_first then e.pay1 else e.pay0 end as previous_compensation,
        case when e.raise_first then e.capped2 else e.capped1 end as capped
    from everybody as e
    inner join {{ source('inputs', 'levels') }} as l on l.level = e.start_level + 1
    where e.promoted

    union all by name

    select
        e.number,
        e.year,
        9 as code,
        'raise' as event_type,
        e.raise_index as index,
        'merit_raise' as event_category,
        case
            when e.cola_bp = 0 then 'merit'
            when e.merit_bp = 0 then 'cola'
            else 'merit_and_cola'
        end as event_details,
        r.raise_threshold as event_probability,
        case when e.promoted and not e.raise_first then e.pay2 else e.pay1 end as compensation_amount,
        case when e.promoted and not e.raise_first then e.pay1 else e.pay0 end as previous_compensation,
        case when e.promoted and not e.raise_first then e.capped2 else e.capped1 end as capped
    from everybody as e
    cross join settings as r
    where e.raised
)

select * from happenings
