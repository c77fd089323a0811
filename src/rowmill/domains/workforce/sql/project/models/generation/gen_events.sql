-- The events: happenings with what was so on their day, in the columns of the files.
with dated as (
    select
        h.*,
        e.* exclude (number, year),
        make_date(e.year, 1, 1) + h.index::INTEGER as effective_date
    from {{ ref('gen_happenings') }} as h
    inner join {{ ref('gen_employee_years') }} as e on e.number = h.number and e.year = h.year
),

aged as (
    select
        *,
        {{ years_between('birth_date', 'effective_date') }} as age,
        {{ tenure_on('hire_date', 'effective_date') }} as tenure,
        start_level + (promoted and promotion_index <= index)::INTEGER as level_then,
        case
            when index >= change2 then pay2
            when index >= change1 then pay1
            else pay0
        end as pay_then,
        row_number() over (partition by number, year order by effective_date, code) as sequence
    from dated
)

select
    (c.tag::BIGINT << 43) | (a.number << 13) | ((a.year - 1990) << 6) | (a.code << 2) | coalesce(a.seq, 0) as event_id,
    c.scenario_id,
    c.plan_design_id,
    a.employee_id,
    {{ never_issued('a.number') }} as employee_ssn,
    a.event_type,
    a.year::INTEGER as simulation_year,
    a.effective_date,
    a.event_details,
    coalesce(a.compensation_amount, a.pay_then) as compensation_amount,
    a.previous_compensation,
    a.employee_deferral_rate::INTEGER as employee_deferral_rate,
    a.prev_employee_deferral_rate::INTEGER as prev_employee_deferral_rate,
    a.age::INTEGER as employee_age,
    a.tenure::INTEGER as employee_tenure,
    a.level_then::INTEGER as level_id,
    g.label as age_band,
    s.label as tenure_band,
    a.event_probability,
    a.event_category,
    a.sequence::INTEGER as event_sequence,
    c.scenario_id as parameter_scenario_id,
    r.parameter_source,
    case when a.capped then 'CAPPED' else 'VALID' end as data_quality_flag,
    a.block,
    a.department,
    case when a.code = 1 then a.termination_reason end as termination_reason,
    case
        when a.code <> 1 then null
        when day(a.effective_date) <= 15 then make_date(year(a.effective_date), month(a.effective_date), 15)
        else last_day(a.effective_date)
    end as final_pay_date,
    case when a.code = 8 then a.start_level end::INTEGER as previous_level_id,
    case when a.code = 8 then a.promotion_bp end::INTEGER as promotion_rate,
    case when a.code = 9 then a.merit_bp end::INTEGER as merit_rate,
    case when a.code = 9 then a.cola_bp end::INTEGER as cola_rate,
    case when a.code = 4 then a.enrolls_source end as enrollment_source,
    (a.employee_deferral_rate - a.employee_deferral_rate * r.roth_bp // 10000)::INTEGER as pre_tax_rate,
    (a.employee_deferral_rate * r.roth_bp // 10000)::INTEGER as roth_rate,
    case
        when a.code = 4 and a.enrolls_source = 'auto' then a.effective_date + r.opt_out_days::INTEGER
    end as opt_out_until
from aged as a
cross join {{ source('inputs', 'run') }} as r
cross join {{ source('inputs', 'scenarios') }} as c
inner join {{ source('inputs', 'ages') }} as g on g.age = least(a.age, 127)
inner join {{ source('inputs', 'tenures') }} as s on s.tenure = least(a.tenure, 127)
order by c.scenario_id, a.block, a.year
