{#
  One row a person and year: the state at its start, all that happens in it, the state at its end. A year goes on from
  the rows of the last one; the first one from the census. Events and snapshots are projections of these rows.

  An index is a number of days since January 1. `until` is the index from which on nothing happens any more: that of
  the termination, or the length of the year.
#}
{%- set draws = [
    ('termination', 'who'), ('termination', 'date'), ('termination', 'reason'),
    ('promotion', 'who'), ('promotion', 'rate'), ('raise', 'who'), ('raise', 'month'), ('raise', 'day'),
    ('enrollment', 'yearly'), ('enrollment', 'yearly_day'),
    ('enrollment_change', 'rate_change'), ('enrollment_change', 'rate_change_day'),
    ('enrollment_change', 'rate_change_step'),
] %}
{#- What belongs to a person for good. -#}
{%- set lasting = {
    'number': 'bigint', 'employee_id': 'varchar', 'a': 'ubigint', 'b': 'ubigint', 'block': 'integer',
    'birth_date': 'date', 'hire_date': 'date', 'department': 'varchar', 'tier': 'bigint', 'declined': 'boolean',
    'eligibility_date': 'date', 'entry_date': 'date', 'entry_bp': 'bigint', 'entry_source': 'varchar',
    'entry_threshold': 'bigint', 'opt_out_threshold': 'bigint', 'opt_out_due': 'date',
} %}
{#- What a year changes: `start_` and the name at its start, the name at its end. -#}
{%- set state = {
    'level': 'bigint', 'pay': 'bigint', 'prior_pay': 'bigint', 'enrolled': 'boolean', 'enrollment_date': 'date',
    'enrollment_source': 'varchar', 'deferral_bp': 'bigint', 'original_bp': 'bigint', 'ever_opted_out': 'boolean',
    'opt_out_date': 'date', 'escalations': 'bigint', 'last_escalation_date': 'date', 'rate_source': 'varchar',
} %}
{#- What happens in a year. -#}
{%- set happenings = {
    'is_hire': 'boolean', 'days': 'bigint', 'leaves': 'boolean', 'until': 'bigint', 'termination_date': 'date',
    'termination_reason': 'varchar', 'termination_weight': 'bigint',
    'promoted': 'boolean', 'promotion_index': 'bigint', 'promotion_bp': 'bigint', 'promotion_threshold': 'bigint',
    'raised': 'boolean', 'raise_index': 'bigint', 'merit_bp': 'bigint', 'cola_bp': 'bigint',
    'raise_first': 'boolean', 'change1': 'bigint', 'change2': 'bigint', 'pay0': 'bigint', 'pay1': 'bigint',
    'pay2': 'bigint', 'capped1': 'boolean', 'capped2': 'boolean',
    'becomes_eligible': 'boolean', 'enrolls': 'boolean', 'enrolls_index': 'bigint', 'enrolls_bp': 'bigint',
    'enrolls_source': 'varchar', 'enrolls_threshold': 'bigint',
    'escalates': 'boolean', 'escalated_bp': 'bigint',
    'opts_out': 'boolean', 'opts_out_index': 'bigint',
    'changes_rate': 'boolean', 'rate_change_index': 'bigint', 'rate_change_bp': 'bigint',
    'prorated': 'bigint', 'full_year': 'bigint', 'employee_contribution': 'bigint', 'pre_tax': 'bigint',
    'roth': 'bigint', 'limit_applied': 'boolean', 'employer_match': 'bigint', 'employer_core': 'bigint',
    'is_hce': 'boolean', 'is_eligible': 'boolean',
} -%}
with recursive employee_years as (
    select
        r.start_year::BIGINT - 1 as year,
        {%- for name, type in lasting.items() %}
        {% if name == 'declined' %}p.auto_escalation_opt_out{% elif name == 'tier' -%}
        list_position(['low', 'standard', 'high'], p.performance_tier) - 1
        {%- elif name.startswith('entry') or name.startswith('opt_out') %}null{% else %}p.{{ name }}{% endif -%}
        ::{{ type }} as {{ name }},
        {%- endfor %}
        {%- for name, type in state.items() %}
        null::{{ type }} as start_{{ name }},
        {%- endfor %}
        p.level_id::BIGINT as level,
        p.compensation::BIGINT as pay,
        p.compensation::BIGINT as prior_pay,
        p.is_enrolled as enrolled,
        case when p.is_enrolled then p.enrollment_date end as enrollment_date,
        case when p.is_enrolled then 'census' end as enrollment_source,
        case when p.is_enrolled then p.deferral_rate else 0 end::BIGINT as deferral_bp,
        case when p.is_enrolled then p.deferral_rate end::BIGINT as original_bp,
        false as ever_opted_out,
        null::DATE as opt_out_date,
        0::BIGINT as escalations,
        null::DATE as last_escalation_date,
        case when p.is_enrolled then 'census_rate' else 'none' end as rate_source,
        {%- for name, type in happenings.items() %}
        {{ 'false' if name in ('leaves', 'is_hire') else 'null' }}::{{ type }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ ref('gen_people') }} as p
    cross join {{ source('inputs', 'run') }} as r

    union all

    (
        with this_year as (
            select y.*, {{ stream_columns('s', draws) | indent(16) }}
            from {{ ref('gen_years') }} as y
            inner join {{ ref('gen_streams') }} as s on s.year = y.year
            where y.year = (select max(e.year) + 1 from employee_years as e)
        ),

        everybody as (
            select
                {%- for name in lasting %}
                {{ name }},
                {%- endfor %}
                {%- for name in state %}
                {{ name }} as start_{{ name }},
                {%- endfor %}
                false as is_hire,
                false as leaves_as_hire
            from employee_years
            where not leaves

            union all by name

            select
                h.* exclude (year, level, pay, leaves),
                false as declined,
                h.level as start_level,
                h.pay as start_pay,
                false as start_enrolled,
                0::BIGINT as start_deferral_bp,
                false as start_ever_opted_out,
                0::BIGINT as start_escalations,
                'none' as start_rate_source,
                true as is_hire,
                h.leaves as leaves_as_hire
            from {{ ref('gen_hires') }} as h
            inner join this_year as t on t.year = h.year
        ),

        with_year as (
            select e.*, t.*
            from everybody as e
            cross join this_year as t
        ),

        drawn as (
            {{ with_draws('with_year', draws) | indent(12) }}
        ),

        banded as (
            select
                d.*,
                d.hire_date - d.jan1 as hire_index,
                h.termination_weight as base_weight,
                h.promotion_threshold,
                s.tenure = 0 as first_year_of_service,
                n.yearly_threshold,
                n.deferral_bp as yearly_bp,
                m.month as raise_month
            from drawn as d
            inner join {{ source('inputs', 'ages') }} as g
                on g.age = least({{ years_between('d.birth_date', 'd.jan1') }}, 127)
            inner join {{ source('inputs', 'tenures') }} as s
                on s.tenure = least({{ tenure_on('d.hire_date', 'd.jan1') }}, 127)
            inner join {{ source('inputs', 'hazards') }} as h
                on h.tenure_band = s.tenure_band and h.age_band = g.age_band and h.level = d.start_level
            inner join {{ source('inputs', 'months') }} as m on m.slot = {{ slot('d.draw_raise_month') }}
            inner join {{ ref('gen_enrollment') }} as n
                on n.enrollment_band = g.enrollment_band
                and d.start_pay >= n.from_cents
                and d.start_pay < n.below_cents
        ),

        weighed as (
            select
                *,
                greatest(
                    1,
                    base_weight * case when first_year_of_service then first_year_bp else 10000 end
                        * case when tier = 0 then low_performer_bp else 10000 end // 100000000
                ) as termination_weight
            from banded
        ),

        summed as (
            select
                w.*,
                k.exits,
                k.exits_draw,
                sum(w.termination_weight) over in_turn::BIGINT as reached,
                sum(w.termination_weight) over (partition by w.block, w.is_hire)::BIGINT as whole
            from weighed as w
            inner join {{ ref('gen_blocks') }} as k on k.year = w.year and k.block = w.block
            window in_turn as (
                partition by w.block, w.is_hire
                order by w.draw_termination_who, w.number
                rows between unbounded preceding and current row
            )
        ),

        chosen as (
            select
                *,
                not is_hire
                and {{ mark('exits', 'reached', 'whole', 'exits_draw') }}
                    > {{ mark('exits', 'reached - termination_weight', 'whole', 'exits_draw') }} as is_chosen
            from summed
        ),

        filled as (
            select
                *,
                sum(is_chosen::INTEGER) over (partition by block, is_hire) as chosen_ones,
                row_number() over (
                    partition by block, is_hire, is_chosen order by draw_termination_who, number
                ) as turn
            from chosen
        ),

        leaving as (
            select
                * exclude (leaves_as_hire),
                case
                    when is_hire then leaves_as_hire
                    else is_chosen or turn <= exits - chosen_ones
                end as leaves,
                least(greatest(hire_index + min_exit_days, 0), days - 1) as first_exit
            from filled
        ),

        dated as (
            select
                * exclude (promotion_threshold),
                promotion_threshold,
                case when leaves then first_exit + {{ below('draw_termination_date', 'days - first_exit') }} else days end
                    as until,
                day(last_day(make_date(year::BIGINT, raise_month, 1))) as month_days,
                make_date(year::BIGINT, raise_month, 1) - jan1 as month_index
            from leaving
        ),

        timed as (
            select
                *,
                case when leaves then jan1 + until::INTEGER end as termination_date,
                month_index + case
                    when raise_day = 0 then {{ below('draw_raise_day', 'month_days') }}
                    else least(raise_day, month_days) - 1
                end as raise_index
            from dated
        ),

        moved as (
            select
                *,
                not is_hire
                and start_level < max_level
                and {{ tenure_on('hire_date', '(jan1 + promotion_index::INTEGER)') }} >= promotion_min_tenure
                and {{ years_between('birth_date', '(jan1 + promotion_index::INTEGER)') }} < promotion_max_age
                and promotion_index < until
                and draw_promotion_who < promotion_threshold as promoted,
                not is_hire
                and {{ tenure_on('hire_date', '(jan1 + raise_index::INTEGER)') }} >= raise_min_tenure
                and raise_index < until
                and draw_raise_who < raise_threshold as raised,
                promotion_low_bp + {{ below('draw_promotion_rate', 'promotion_count') }} as promotion_bp
            from timed
        ),

        ordered as (
            select
                m.*,
                m.promoted and m.raised and m.raise_index < m.promotion_index as raise_first,
                l.merit_bp
            from moved as m
            inner join {{ source('inputs', 'levels') }} as l
                on l.level = m.start_level + (m.promoted and m.promotion_index <= m.raise_index)::INTEGER
        ),

        changes as (
            select
                *,
                case
                    when promoted and not raise_first then promotion_index
                    when raised then raise_index
                    else days
                end as change1,
                case
                    when raise_first then promotion_index
                    when promoted and raised then raise_index
                    else days
                end as change2,
                case
                    when promoted and not raise_first
                        then {{ increase('start_pay', 'promotion_bp', 'promotion_cap_bp', 'promotion_cap_cents') }}
                    when raised
                        then {{ increase('start_pay', 'merit_bp + cola_bp', 'raise_cap_bp', 'raise_cap_cents') }}
                    else 0
                end as increase1,
                case
                    when promoted and not raise_first then {{ half_up('start_pay', 'promotion_bp') }}
                    when raised then {{ half_up('start_pay', 'merit_bp + cola_bp') }}
                    else 0
                end as uncapped1
            from ordered
        ),

        first_paid as (
            select
                *,
                start_pay as pay0,
                start_pay + increase1 as pay1,
                increase1 < uncapped1 as capped1
            from changes
        ),

        second_change as (
            select
                *,
                case
                    when raise_first
                        then {{ increase('pay1', 'promotion_bp', 'promotion_cap_bp', 'promotion_cap_cents') }}
                    when promoted and raised
                        then {{ increase('pay1', 'merit_bp + cola_bp', 'raise_cap_bp', 'raise_cap_cents') }}
                    else 0
                end as increase2,
                case
                    when raise_first then {{ half_up('pay1', 'promotion_bp') }}
                    when promoted and raised then {{ half_up('pay1', 'merit_bp + cola_bp') }}
                    else 0
                end as uncapped2
            from first_paid
        ),

        paid as (
            select
                *,
                pay1 + increase2 as pay2,
                increase2 < uncapped2 as capped2,
                start_level + promoted::INTEGER as level,
                coalesce(eligibility_date >= jan1 and eligibility_date - jan1 < until, false)
                    and eligibility_date - jan1 < days as becomes_eligible,
                coalesce(entry_date >= jan1 and entry_date - jan1 < days, false) and not start_enrolled as enters,
                not is_hire
                and not start_enrolled
                and coalesce(entry_date < jan1, true)
                and coalesce(eligibility_date <= jan1, false)
                and draw_enrollment_yearly < yearly_threshold as joins_later,
                not is_hire
                and escalation_bp > 0
                and start_enrolled
                and start_enrollment_date <= escalation_enrolled_by
                and start_deferral_bp > 0
                and start_deferral_bp < escalation_cap_bp
                and not start_ever_opted_out
                and not declined
                and hire_date >= escalation_cutoff
                and until > 0 as escalates,
                coalesce(opt_out_due >= jan1 and opt_out_due - jan1 < until, false)
                    and opt_out_due - jan1 < days as opts_out,
                opt_out_due - jan1 as opts_out_index,
                1 + {{ below('draw_enrollment_change_rate_change_day', 'days - 1') }} as rate_change_index
            from second_change
        ),

        entered as (
            select
                p.*,
                case
                    when p.enters then p.entry_date - p.jan1
                    when p.joins_later
                        then coalesce(p.yearly_index, {{ below('p.draw_enrollment_yearly_day', 'p.days') }})
                end as enrolls_index,
                case
                    when p.escalates then least(p.start_deferral_bp + p.escalation_bp, p.escalation_cap_bp)
                    else p.start_deferral_bp
                end as escalated_bp,
                r.step_bp
            from paid as p
            inner join {{ source('inputs', 'rate_steps') }} as r
                on r.slot = {{ slot('p.draw_enrollment_change_rate_change_step') }}
        ),

        elected as (
            select
                *,
                coalesce(enrolls_index < until, false) as enrolls,
                case when enters then entry_bp else yearly_bp end as enrolls_bp,
                case when enters then entry_source else 'voluntary' end as enrolls_source,
                case
                    when not enters then yearly_threshold
                    when entry_source <> 'auto' then entry_threshold
                end as enrolls_threshold,
                least(greatest(escalated_bp + step_bp, 100), max_deferral_bp) as rate_change_bp
            from entered
        ),

        decided as (
            select
                *,
                start_enrolled
                and not is_hire
                and coalesce(opt_out_due < jan1, true)
                and draw_enrollment_change_rate_change < rate_change_threshold
                and rate_change_index < until
                and rate_change_bp <> escalated_bp as changes_rate,
                greatest(hire_index, 0) as first_index,
                case when leaves then until + 1 else days end as end_index,
                coalesce(termination_date, jan1 + days::INTEGER - 1) as as_of,
                coalesce(eligibility_date - jan1 < until, false) as is_eligible
            from elected
        ),

        segments as (
            select
                *,
                case when enrolls then enrolls_index else first_index end as from_a,
                case when enrolls then enrolls_bp else escalated_bp end as rate_a,
                case when opts_out then opts_out_index when changes_rate then rate_change_index else end_index end
                    as from_b,
                case when opts_out then 0 when changes_rate then rate_change_bp else 0 end as rate_b,
                year - year(birth_date) as attained,
                {{ tenure_on('hire_date', 'as_of') }} as as_of_tenure,
                {{ years_between('birth_date', 'as_of') }} as as_of_age
            from decided
        ),

        earned as (
            select
                *,
                {{ cent_days('end_index') }} // days as prorated,
                {{ cent_days('end_index') }} // (end_index - first_index) as full_year,
                (
                    rate_a * ({{ cent_days('from_b') }} - {{ cent_days('from_a') }})
                    + rate_b * ({{ cent_days('end_index') }} - {{ cent_days('from_b') }})
                ) // (10000 * days) as raw_contribution,
                deferral_limit + case
                    when attained between 60 and 63 then catch_up_60
                    when attained >= 50 then catch_up
                    else 0
                end as own_limit
            from segments
        ),

        limited as (
            select
                e.*,
                least(e.raw_contribution, e.own_limit) as employee_contribution,
                e.raw_contribution > e.own_limit as limit_applied,
                least(e.prorated, e.compensation_limit) as counted,
                f.cap1_bp,
                f.rate1_bp,
                f.cap2_bp,
                f.rate2_bp,
                f.cap3_bp,
                f.rate3_bp,
                c.core_bp,
                c.excess_bp,
                n.reason
            from earned as e
            inner join {{ source('inputs', 'match') }} as f on f.measure = {{ measure('e.match_by') }}
            inner join {{ source('inputs', 'core') }} as c on c.measure = {{ measure('e.core_by') }}
            inner join {{ source('inputs', 'ages') }} as g on g.age = least(e.as_of_age, 127)
            inner join {{ source('inputs', 'reasons') }} as n
                on n.age_band = g.age_band and n.slot = {{ slot('e.draw_termination_reason') }}
        ),

        formulas as (
            select
                *,
                case
                    when match_last_day = 1 and leaves then 0
                    else {{ match_tier(1) }} + {{ match_tier(2) }} + {{ match_tier(3) }}
                end as full_match,
                case
                    when (core_last_day = 1 and leaves) or not is_eligible then 0
                    else (core_bp * counted + excess_bp * greatest(counted - wage_base, 0)) // 10000
                end as full_core
            from limited
        ),

        exceeding as (
            select
                *,
                greatest(
                    least(employee_contribution, deferral_limit) + full_match + full_core
                        - least(additions_limit, prorated),
                    0
                ) as excess
            from formulas
        ),

        closed as (
            select
                *,
                employee_contribution * roth_bp // 10000 as roth,
                employee_contribution - employee_contribution * roth_bp // 10000 as pre_tax,
                full_core - least(full_core, excess) as employer_core,
                full_match - least(full_match, excess - least(full_core, excess)) as employer_match,
                not is_hire and start_prior_pay > hce_threshold as is_hce,
                case when leaves then reason end as termination_reason,
                pay2 as pay,
                case when is_hire then full_year else prorated end as prior_pay,
                (start_enrolled or enrolls) and not opts_out as enrolled,
                case when enrolls then jan1 + enrolls_index::INTEGER else start_enrollment_date end as enrollment_date,
                case when enrolls then enrolls_source else start_enrollment_source end as enrollment_source,
                case
                    when opts_out then 0
                    when changes_rate then rate_change_bp
                    when enrolls then enrolls_bp
                    else escalated_bp
                end as deferral_bp,
                case when enrolls then enrolls_bp else start_original_bp end as original_bp,
                start_ever_opted_out or opts_out as ever_opted_out,
                case when opts_out then opt_out_due else start_opt_out_date end as opt_out_date,
                start_escalations + escalates::INTEGER as escalations,
                case when escalates then jan1 else start_last_escalation_date end as last_escalation_date,
                case
                    when opts_out then 'opt_out'
                    when changes_rate then 'rate_change'
                    when enrolls then 'enrollment_event'
                    when escalates then 'escalation_event'
                    else start_rate_source
                end as rate_source
            from exceeding
        )

        select
            year::BIGINT,
            {%- for name, type in lasting.items() %}
            {{ name }}::{{ type }},
            {%- endfor %}
            {%- for name, type in state.items() %}
            start_{{ name }}::{{ type }},
            {%- endfor %}
            {%- for name, type in state.items() %}
            {{ name }}::{{ type }},
            {%- endfor %}
            {%- for name, type in happenings.items() %}
            {{ name }}::{{ type }}{{ ',' if not loop.last }}
            {%- endfor %}
        from closed
    )
)

select e.*
from employee_years as e
cross join {{ source('inputs', 'run') }} as r
where e.year >= r.start_year
