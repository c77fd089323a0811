-- The retirement plan by year: who takes part, at which rate, and what is paid in; rates in basis points, cents.
select
    scenario_id,
    plan_design_id,
    simulation_year,
    count(*) filter (is_eligible) as eligible,
    count(*) filter (is_enrolled) as participants,
    count(*) filter (is_enrolled) * 10000 // nullif(count(*) filter (is_eligible), 0) as participation_bp,
    sum(deferral_rate) filter (is_enrolled)::BIGINT // nullif(count(*) filter (is_enrolled), 0)
        as average_deferral_bp,
    count(*) filter (ever_opted_out) as ever_opted_out,
    count(*) filter (irs_limit_applied) as limited,
    sum(employee_contribution)::BIGINT as employee_contributions,
    sum(pre_tax_contribution)::BIGINT as pre_tax_contributions,
    sum(roth_contribution)::BIGINT as roth_contributions,
    sum(employer_match)::BIGINT as employer_match,
    sum(employer_core)::BIGINT as employer_core,
    count(*) filter (is_hce) as highly_compensated
from {{ ref('fct_workforce_snapshot') }}
group by scenario_id, plan_design_id, simulation_year
