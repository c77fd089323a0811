-- Contributions are never negative, parts add up, and no limit of the year is passed.
select s.employee_id, s.simulation_year
from {{ ref('fct_workforce_snapshot') }} as s
inner join {{ ref('stg_years') }} as y on y.year = s.simulation_year
where
    s.employee_contribution < 0
    or s.employer_match < 0
    or s.employer_core < 0
    or s.pre_tax_contribution + s.roth_contribution <> s.employee_contribution
    or s.employee_contribution > y.deferral_limit + greatest(y.catch_up, y.catch_up_60)
    or (s.simulation_year - year(s.birth_date) < 50 and s.employee_contribution > y.deferral_limit)
    or s.employer_match + s.employer_core
        > greatest(
            least(y.additions_limit, s.prorated_compensation) - least(s.employee_contribution, y.deferral_limit), 0
        )
