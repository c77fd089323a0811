{{ config(materialized='view') }}
-- The events under their earlier names: merit, benefit_enrollment, event_date, an event_payload of typed fields.
select
    'EVT_' || printf('%016x', event_id) as event_id,
    scenario_id,
    plan_design_id,
    employee_id,
    employee_ssn,
    case event_type when 'raise' then 'merit' when 'enrollment' then 'benefit_enrollment' else event_type end
        as event_type,
    effective_date as event_date,
    simulation_year,
    struct_pack(
        annual_compensation := case when event_type = 'hire' then compensation_amount end,
        new_compensation := case when event_type in ('promotion', 'raise') then compensation_amount end,
        previous_compensation := previous_compensation,
        merit_percentage := merit_rate,
        cola_percentage := cola_rate,
        promotion_percentage := promotion_rate,
        job_level := case when event_type = 'hire' then level_id end,
        new_job_level := case when event_type = 'promotion' then level_id end,
        previous_job_level := previous_level_id,
        department := department,
        reason := termination_reason,
        final_pay_date := final_pay_date,
        pre_tax_rate := pre_tax_rate,
        roth_rate := roth_rate,
        new_deferral_rate := employee_deferral_rate,
        previous_deferral_rate := prev_employee_deferral_rate,
        enrollment_source := enrollment_source,
        auto_enrollment := enrollment_source = 'auto',
        opt_out_until := opt_out_until
    ) as event_payload,
    event_details,
    employee_age,
    employee_tenure,
    level_id,
    age_band,
    tenure_band,
    event_category,
    event_sequence
from {{ ref('stg_unified_events') }}
