-- Headcount, hires and terminations of each year are what was asked for, to the unit.
with asked as (
    select
        m.*,
        y.hire_mode,
        m.starting_headcount * y.termination_bp // 10000 as usual_exits,
        (m.starting_headcount * (10000 + y.growth_bp) + 5000) // 10000 as target,
        y.hire_bp,
        y.new_hire_termination_bp
    from {{ ref('metrics_headcount') }} as m
    inner join {{ ref('stg_years') }} as y on y.year = m.simulation_year
)

select *
from asked
where
    case
        when hire_mode = 0
            then ending_headcount <> target
                or experienced_terminations
                    <> case when target > starting_headcount - usual_exits then usual_exits else starting_headcount - target end
                or hires <> case
                    when target > starting_headcount - usual_exits
                        then ceil((target - starting_headcount + usual_exits) * 10000 / (10000 - new_hire_termination_bp))
                    else 0
                end
        else experienced_terminations <> usual_exits
            or hires <> starting_headcount * hire_bp // 10000
            or new_hire_terminations <> hires * new_hire_termination_bp // 10000
    end
