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
                sum(starters) over (order by block)::BIGINT as reached
            from totals
        ),

        shares as (
            select
                *,
                coalesce({{ mark('all_exits', 'reached', 'whole', 'quota_exits') }}
                    - {{ mark('all_exits', 'reached - starters', 'whole', 'quota_exits') }}, 0) as exits,
                coalesce({{ mark('all_hires', 'reached', 'whole', 'quota_hires') }}
                    - {{ mark('all_hires', 'reached - starters', 'whole', 'quota_hires') }}, 0) as hires
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
            coalesce({{ mark('all_new_exits', 'hired_reached', 'hired_whole', 'quota_new_hire_exits') }}
                - {{ mark('all_new_exits', 'hired_reached - hires', 'hired_whole', 'quota_new_hire_exits') }}, 0)
        from hired
    )
),

with_words as (
    select b.*, {{ stream_columns('s', [('quota', 'exits'), ('quota', 'levels')]) | indent(8) }}
    from blocks as b
    inner join {{ ref('gen_streams') }} as s on s.year = b.year
),

drawn as (
    {{ with_quota_draws('with_words', ['exits', 'levels'], 'block') | indent(4) }}
)

select
    year,
    block,
    starters,
    exits,
    hires,
    new_exits,
    (select count(*) from {{ ref('gen_people') }})
        + coalesce(sum(hires) over (order by year, block rows between unbounded preceding and 1 preceding), 0)::BIGINT
        as hired_before,
    coalesce(sum(hires) over (
        partition by year order by block rows between unbounded preceding and 1 preceding
    ), 0)::BIGINT as hired_before_in_year,
    quota_exits as exits_draw,
    quota_levels as levels_draw
from drawn
