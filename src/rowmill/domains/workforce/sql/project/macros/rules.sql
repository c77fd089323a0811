{# Rules that several models share. Amounts are integers: cents, basis points, days. #}

{# amount * rate, the rate in basis points, half up. #}
{% macro half_up(amount, rate) -%}
((({{ amount }}) * ({{ rate }}) + 5000) // 10000)
{%- endmacro %}

{# Month and day of a date as one number that orders them. #}
{% macro month_day(day) -%}
(month({{ day }}) * 100 + day({{ day }}))
{%- endmacro %}

{# Whole years from one date to another. #}
{% macro years_between(since, day) -%}
(year({{ day }}) - year({{ since }}) - ({{ month_day(day) }} < {{ month_day(since) }})::INTEGER)
{%- endmacro %}

{# Whole years of service on a date, never below 0. #}
{% macro tenure_on(hired, day) -%}
greatest({{ years_between(hired, day) }}, 0)
{%- endmacro %}

{# Mark of the quota rule: of `total` shared over weights, what falls to those with the sum `reached` of `whole`.
   `draw` rounds: u = (draw * whole) >> 32. Shares are differences of marks. NULL where there is nothing to share by. #}
{% macro mark(total, reached, whole, draw) -%}
((({{ total }})::HUGEINT * ({{ reached }}) + ((({{ draw }})::HUGEINT * ({{ whole }})) >> 32)) // nullif({{ whole }}, 0))::BIGINT
{%- endmacro %}

{# Text in the shape of a national number, of an area and groups that were never issued. #}
{% macro never_issued(number) -%}
printf('%03d-%02d-%04d', 900 + ({{ number }} - 1) // 489951, 1 + (({{ number }} - 1) // 9999) % 49, 1 + ({{ number }} - 1) % 9999)
{%- endmacro %}

{# The day of a month in year y.year as an index from January 1, February 29 counting as 28. #}
{% macro index_of(month, day) -%}
(
    make_date(y.year::BIGINT, {{ month }}, case when {{ month }} = 2 then least({{ day }}, 28) else {{ day }} end)
    - make_date(y.year::BIGINT, 1, 1)
)
{%- endmacro %}

{# What a raise of a rate adds to a pay, at most a share of it and a sum. #}
{% macro increase(pay, rate, cap_bp, cap_cents) -%}
least({{ half_up(pay, rate) }}, ({{ pay }}) * ({{ cap_bp }}) // 10000, {{ cap_cents }})
{%- endmacro %}

{# Cent-days of pay from the first day employed in the year up to an index. #}
{% macro cent_days(index) -%}
(
    pay0 * (least({{ index }}, change1) - first_index)
    + pay1 * (least(greatest({{ index }}, change1), change2) - change1)
    + pay2 * (greatest({{ index }}, change2) - change2)
)
{%- endmacro %}

{# What a formula goes by: 1 tenure, 2 age, 3 their sum, as of the last day; else nothing. #}
{% macro measure(by) -%}
least(
    case {{ by }} when 1 then as_of_tenure when 2 then as_of_age when 3 then as_of_age + as_of_tenure else 0 end, 255
)
{%- endmacro %}

{# One tier of the match: what lies between two edges of pay, at its own rate. #}
{% macro match_tier(number) -%}
{%- set below = '0' if number == 1 else 'cap' ~ (number - 1) ~ '_bp * counted // 10000' -%}
rate{{ number }}_bp * (
    least(employee_contribution, cap{{ number }}_bp * counted // 10000)
    - least(employee_contribution, {{ below }})
) // 10000
{%- endmacro %}
