-- Enrolment by age band and span of pay: from_cents inclusive, below_cents exclusive.
with spans as (
    select
        income_band,
        from_cents,
        coalesce(lead(from_cents) over (order by from_cents), 9223372036854775807) as below_cents
    from {{ source('inputs', 'incomes') }}
)

select e.*, s.from_cents, s.below_cents
from {{ source('inputs', 'enrollment') }} as e
inner join spans as s on s.income_band = e.income_band
