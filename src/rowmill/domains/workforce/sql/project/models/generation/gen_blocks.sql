-- How many of each block are there, leave and come in each year: all of it follows from the census and the settings.
with recursive all_blocks as (
    select unnest(range(r.blocks))::INTEGER as block
    from {{ source('inputs', 'run') }} as r
),

first_year as (
    select b.block, count(p.number)::BIGINT as starters
    from all_blocks as b
    left join {{ ref('gen_people') }} as p on p.block = b.block
    group by b.block
),

blocks(year, block, starters, exits, hires, new_exits) as (
    select r.start_year::BIGINT - 1, f.block, f.starters, 0::BIGINT, 0::BIGINT, 0::BIGINT
    from first_year as f
    cross join {{ source('inputs', 'run') }} as r

    union all

    (
        with counted as (
            select
                y.*,
                b.block,
                b.starters - b.exits + b.hires - b.new_exits as starters,
                sum(b.starters - b.exits + b.hires - b.new_exits) over ()::BIGINT as whole
            from blocks as b
            inner join {{ ref('gen_years') }} as y on y.year = b.year + 1
        ),

        planned as (
            select
                *,
                whole * termination_bp // 10000 as usual_exits,
                (whole * (10000 + growth_bp) + 5000) // 10000 as target
            from counted
        ),

        solved as (
            select
                *,
                target - (whole - usual_exits) as net
            from planned
        ),

        totals as (
            select
                *,
                case
                    when hire_mode = 0 and net <= 0 then whole - target
                    else usual_exits
                end as all_exits,
                case
                    when hire_mode = 1 then whole * hire_bp // 10000
                    when net > 0
                        then (net * 10000 + 9999 - new_hire_termination_bp) // (10000 - new_hire_termination_bp)
                    else 0
                end as all_hires
            from solved
        ),

        marks as (
            select
                *,
                case
                    when hire_mode = 1 then all_hires * new_hire_termination_bp // 10000
                    when net > 0 then all_hires - net
                    else 0
                end as all_new_exits,
                sum(starters) over (order by block)::BIGINT as reached,
                {{ quota_draw('exits', "'all'") }} as exits_draw,
                {{ quota_draw('hires', "'all'") }} as hires_draw,
                {{ quota_draw('new_hire_exits', "'all'") }} as new_exits_draw
            from totals
        ),

        shares as (
            select
                *,
                coalesce({{ mark('all_exits', 'reached', 'whole', 'exits_draw') }}
                    - {{ mark('all_exits', 'reached - starters', 'whole', 'exits_draw') }}, 0) as exits,
                coalesce({{ mark('all_hires', 'reached', 'whole', 'hires_draw') }}
                    - {{ mark('all_hires', 'reached - starters', 'whole', 'hires_draw') }}, 0) as hires
            from marks
        ),

        hired as (
            select
                *,
                sum(hires) over (order by block)::BIGINT as hired_reached,
                sum(hires) over ()::BIGINT as hired_whole
            from shares
        )

        select
            year::BIGINT,
            block,
            starters,
            exits,
            hires,
            coalesce({{ mark('all_new_exits', 'hired_reached', 'hired_whole', 'new_exits_draw') }}
                - {{ mark('all_new_exits', 'hired_reached - hires', 'hired_whole', 'new_exits_draw') }}, 0)
        from hired
    )
)

select
    b.*,
    (select count(*) from {{ ref('gen_people') }})
        + coalesce(sum(hires) over (order by b.year, b.block rows between unbounded preceding and 1 preceding), 0)::BIGINT
        as hired_before,
    coalesce(sum(hires) over (
        partition by b.year order by b.block rows between unbounded preceding and 1 preceding
    ), 0)::BIGINT as hired_before_in_year,
    {{ quota_draw('exits', 'b.block') }} as exits_draw,
    {{ quota_draw('levels', 'b.block') }} as levels_draw
from blocks as b
inner join {{ ref('gen_years') }} as y on y.year = b.year
