-- The workforce at the end of each year: everybody who was employed in it, as of December 31 or the day they left.
with dated as (
    select
        e.*,
        coalesce(e.termination_date, make_date(e.year, 12, 31)) as as_of
    from {{ ref('gen_employee_years') }} as e
),

aged as (
    select
        *,
        {{ years_between('birth_date', 'as_of') }} as age,
        {{ tenure_on('hire_date', 'as_of') }} as tenure
    from dated
)

select
    c.scenario_id,
    c.plan_design_id,
    e.employee_id,
    {{ never_issued('e.number') }} as employee_ssn,
    e.number::INTEGER as employee_number,
    e.year::INTEGER as simulation_year,
    e.block,
    e.birth_date,
    e.hire_date,
    e.department,
    case e.tier when 0 then 'low' when 1 then 'standard' else 'high' end as performance_tier,
    e.age::INTEGER as age,
    e.tenure::INTEGER as tenure,
    g.label as age_band,
    s.label as tenure_band,
    e.level::INTEGER as level_id,
    e.pay as current_compensation,
    e.prorated as prorated_compensation,
    e.full_year as full_year_equivalent_compensation,
    e.start_pay as starting_compensation,
    case when e.leaves then 'terminated' else 'active' end as employment_status,
    e.termination_date,
    e.termination_reason,
    case
        when e.is_hire and e.leaves then 'new_hire_termination'
        when e.is_hire then 'new_hire_active'
        when e.leaves then 'experienced_termination'
        else 'continuous_active'
    end as detailed_status_code,
    e.is_eligible,
    e.eligibility_date,
    e.enrolled as is_enrolled,
    e.enrollment_date,
    e.enrollment_source,
    e.ever_opted_out,
    e.opt_out_date,
    e.deferral_bp::INTEGER as deferral_rate,
    e.original_bp::INTEGER as original_deferral_rate,
    e.escalations::INTEGER as escalations_received,
    e.last_escalation_date,
    e.rate_source,
    e.employee_contribution,
    e.pre_tax as pre_tax_contribution,
    e.roth as roth_contribution,
    e.limit_applied as irs_limit_applied,
    e.employer_match,
    e.employer_core,
    e.is_hce
from aged as e
cross join {{ source('inputs', 'scenarios') }} as c
inner join {{ source('inputs', 'ages') }} as g on g.age = least(e.age, 127)
inner join {{ source('inputs', 'tenures') }} as s on s.tenure = least(e.tenure, 127)
order by c.scenario_id, e.block, e.year
