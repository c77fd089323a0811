-- One row a year with everything that holds for everybody in it: settings, the calendar, and the draws of its quotas.
{%- set quotas = [('quota', 'exits'), ('quota', 'hires'), ('quota', 'new_hire_exits')] %}
with years as (
    select
        y.*,
        r.*,
        make_date(y.year::BIGINT, 1, 1) as jan1,
        make_date(y.year::BIGINT + 1, 1, 1) - make_date(y.year::BIGINT, 1, 1) as days,
        make_date(y.year::BIGINT - r.escalation_years, 1, 1) as escalation_enrolled_by,
        {{ index_of('r.promotion_month', 'r.promotion_day') | indent(8) }} as promotion_index,
        case
            when r.yearly_month > 0
                then {{ index_of('greatest(r.yearly_month, 1)', 'greatest(r.yearly_day, 1)') | indent(16) }}
        end as yearly_index,
        {{ stream_columns('s', quotas) | indent(8) }}
    from {{ source('inputs', 'years') }} as y
    inner join {{ ref('gen_streams') }} as s on s.year = y.year
    cross join {{ source('inputs', 'run') }} as r
)

{{ with_quota_draws('years', ['exits', 'hires', 'new_hire_exits'], "'all'") }}
