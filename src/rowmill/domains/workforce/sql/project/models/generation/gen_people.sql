-- The census: numbered in byte order of the ids, each person in a block by words of the id.
with hashed as (
    select
        * exclude (block, employee_number, employee_ssn),
        md5(employee_id) as digits,
        row_number() over (order by employee_id) as number
    from {{ source('census', 'census') }}
),

words as (
    select
        * exclude (digits),
        {{ word('digits', 1) }} as a,
        {{ word('digits', 2) }} as b,
        {{ word('digits', 3) }} as c
    from hashed
)

select w.* exclude (c), (w.c & (r.blocks - 1)::UBIGINT)::INTEGER as block
from words as w
cross join {{ source('inputs', 'run') }} as r
