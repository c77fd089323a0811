-- Everybody who joins, with all that is decided on the day of it; nothing here looks at who else is employed.
{%- set draws = [
    ('hire', 'date'), ('hire', 'level'), ('hire', 'age'), ('hire', 'birth'), ('hire', 'pay'),
    ('hire', 'department'), ('hire', 'performance'), ('termination', 'new_hire'),
    ('enrollment', 'entry'), ('enrollment', 'entry_day'),
    ('enrollment_change', 'opt_out'), ('enrollment_change', 'opt_out_day'),
] %}
with places as (
    select year, block, new_exits, hired_before, hired_before_in_year, unnest(range(hires)) + 1 as place
    from {{ ref('gen_blocks') }}
),

named as (
    select
        * exclude (place, hired_before, hired_before_in_year),
        hired_before + place as number,
        'NH_' || year || '_' || printf('%06d', hired_before_in_year + place) as employee_id
    from places
),

words as (
    select
        n.*,
        {{ word('md5(n.employee_id)', 1) }} as a,
        {{ word('md5(n.employee_id)', 2) }} as b,
        y.* exclude (year),
        {{ stream_columns('s', draws) | indent(8) }}
    from named as n
    inner join {{ ref('gen_years') }} as y on y.year = n.year
    inner join {{ ref('gen_streams') }} as s on s.year = n.year
),

drawn as (
    {{ with_draws('words', draws) | indent(4) }}
),

ranked as (
    select
        *,
        row_number() over (partition by year, block order by draw_hire_level, number) as level_rank,
        row_number() over (partition by year, block order by draw_termination_new_hire, number) <= new_exits as leaves
    from drawn
),

level_sums as (
    select
        level,
        target_cents,
        hire_weight,
        sum(hire_weight) over (order by level)::BIGINT as reached,
        sum(hire_weight) over ()::BIGINT as whole
    from {{ source('inputs', 'levels') }}
),

level_marks as (
    select
        b.year,
        b.block,
        l.level,
        l.target_cents,
        {{ mark('b.hires', 'l.reached - l.hire_weight', 'l.whole', 'b.levels_draw') }} as after_rank,
        {{ mark('b.hires', 'l.reached', 'l.whole', 'b.levels_draw') }} as to_rank
    from {{ ref('gen_blocks') }} as b
    cross join level_sums as l
),

described as (
    select
        h.*,
        l.level,
        (l.target_cents * (h.hire_pay_low_bp + {{ below('h.draw_hire_pay', 'h.hire_pay_count') }}) + 5000)
            // 10000 // 100 * 100 as pay,
        h.jan1 + {{ below('h.draw_hire_date', 'h.days - 1') }}::INTEGER as hired,
        g.age as hire_years,
        d.department as department,
        p.tier as tier
    from ranked as h
    inner join level_marks as l
        on l.year = h.year and l.block = h.block and h.level_rank > l.after_rank and h.level_rank <= l.to_rank
    inner join {{ source('inputs', 'hire_ages') }} as g on g.slot = {{ slot('h.draw_hire_age') }}
    inner join {{ source('inputs', 'departments') }} as d on d.slot = {{ slot('h.draw_hire_department') }}
    inner join {{ source('inputs', 'performances') }} as p on p.slot = {{ slot('h.draw_hire_performance') }}
),

born as (
    select
        *,
        hired - (hire_years::INTEGER * 1461 // 4) - {{ below('draw_hire_birth', 365) }}::INTEGER as birth_date,
        hired + waiting_days::INTEGER as eligibility_date
    from described
),

banded as (
    select h.*, a.enrollment_band
    from born as h
    inner join {{ source('inputs', 'ages') }} as a
        on a.age = least({{ years_between('h.birth_date', 'h.hired') }}, 127)
),

entering as (
    select
        h.*,
        e.entry_threshold,
        e.opt_out_threshold,
        e.deferral_bp as chosen_bp,
        h.draw_enrollment_entry < e.entry_threshold as chooses
    from banded as h
    inner join {{ ref('gen_enrollment') }} as e
        on e.enrollment_band = h.enrollment_band and h.pay >= e.from_cents and h.pay < e.below_cents
),

entered as (
    select
        *,
        case
            when chooses
                then eligibility_date
                    + (proactive_first + {{ below('draw_enrollment_entry_day', 'proactive_count') }})::INTEGER
            when auto_enrollment = 1 then eligibility_date + auto_days::INTEGER
        end as entry_date,
        case when chooses then chosen_bp when auto_enrollment = 1 then auto_bp end as entry_bp,
        case
            when chooses and auto_enrollment = 0 then 'voluntary'
            when chooses then 'proactive'
            when auto_enrollment = 1 then 'auto'
        end as entry_source,
        not chooses and auto_enrollment = 1 and draw_enrollment_change_opt_out < opt_out_threshold as declines
    from entering
)

select
    year,
    number,
    employee_id,
    a,
    b,
    block,
    birth_date,
    hired as hire_date,
    department,
    tier,
    level,
    pay,
    eligibility_date,
    entry_date,
    entry_bp,
    entry_source,
    entry_threshold,
    opt_out_threshold,
    case
        when declines
            then entry_date + (1 + {{ below('draw_enrollment_change_opt_out_day', 'opt_out_days') }})::INTEGER
    end as opt_out_due,
    leaves
from entered
