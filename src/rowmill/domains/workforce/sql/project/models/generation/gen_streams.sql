-- The words of every stream of draws, a row a year.
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
select
    y.year,
    {%- for type, salt in streams %}
    {{ stream(type, salt) | indent(4) }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ source('inputs', 'years') }} as y
cross join {{ source('inputs', 'run') }} as r
