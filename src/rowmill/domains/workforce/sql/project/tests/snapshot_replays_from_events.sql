-- The census and the events alone give the snapshot: nobody more, nobody less, nothing else.
{%- set compared = [
    'scenario_id', 'plan_design_id', 'employee_id', 'simulation_year', 'hire_date', 'employment_status',
    'detailed_status_code', 'termination_date', 'termination_reason', 'starting_compensation',
    'current_compensation', 'prorated_compensation', 'full_year_equivalent_compensation', 'level_id',
    'is_enrolled', 'enrollment_date', 'enrollment_source', 'ever_opted_out', 'opt_out_date', 'deferral_rate',
    'original_deferral_rate', 'escalations_received', 'last_escalation_date', 'rate_source',
] | join(', ') %}
(
    select 'only in the snapshot' as place, {{ compared }} from {{ ref('fct_workforce_snapshot') }}
    except all
    select 'only in the snapshot' as place, {{ compared }} from {{ ref('int_replayed_snapshot') }}
)

union all

(
    select 'only in the replay' as place, {{ compared }} from {{ ref('int_replayed_snapshot') }}
    except all
    select 'only in the replay' as place, {{ compared }} from {{ ref('fct_workforce_snapshot') }}
)
