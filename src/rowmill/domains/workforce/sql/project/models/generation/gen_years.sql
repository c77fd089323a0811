-- One row a year with everything that holds for everybody in it: settings, the calendar, and the words of its streams.
{%- set streams = [
    ('quota', 'exits'), ('quota', 'hires'), ('quota', 'new_hire_exits'), ('quota', 'levels'),
    ('hire', 'date'), ('hire', 'level'), ('hire', 'age'), ('hire', 'birth'), ('hire', 'pay'),
    ('hire', 'department'), ('hire', 'performance'),
    ('enrollment', 'entry'), ('enrollment', 'entry_day'), ('enrollment', 'yearly'), ('enrollment', 'yearly_day'),
    ('enrollment_change', 'opt_out'), ('enrollment_change', 'opt_out_day'),
    ('enrollment_change', 'rate_change'), ('enrollment_change', 'rate_change_day'),
    ('enrollment_change', 'rate_change_step'),
    ('termination', 'who'), ('termination', 'new_hire'), ('termination', 'date'), ('termination', 'reason'),
    ('promotion', 'who'), ('promotion', 'rate'), ('raise', 'month'), ('raise', 'day'), ('raise', 'who'),
] %}
with years as (
    select
        y.*,
        r.*,
        make_date(y.year::BIGINT, 1, 1) as jan1,
        make_date(y.year::BIGINT + 1, 1, 1) - make_date(y.year::BIGINT, 1, 1) as days,
        make_date(y.year::BIGINT - r.escalation_years, 1, 1) as escalation_enrolled_by,
        {{ index_of('r.promotion_month', 'r.promotion_day') }} as promotion_index,
        case when r.yearly_month > 0 then {{ index_of('greatest(r.yearly_month, 1)', 'greatest(r.yearly_day, 1)') }} end as yearly_index,
        {%- for type, salt in streams %}
        {{ stream(type, salt) }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ source('inputs', 'years') }} as y
    cross join {{ source('inputs', 'run') }} as r
)

{{ with_quota_draws('years', ['exits', 'hires', 'new_hire_exits'], "'all'") }}
