{#
  The hash RNG: the same words in any engine that has MD5 and 64-bit unsigned products of 32-bit numbers.

  id words    a, b, c: words 1, 2, 3 of md5(employee_id), each 32 bits, big-endian: hex digits 1-8, 9-16, 17-24
  stream      s, t: words 1 and 2 of md5('seed|year|event_type|salt')
  draw        mix(((mix(a ^ s) ^ b) + t) mod 2^32)
  below n     (draw * n) >> 32, for n up to 2^31
  happens     draw < threshold, a probability in units of 2^-32
#}

{# Word 1, 2, 3 or 4 of an MD5 given as hex digits, UBIGINT below 2^32. #}
{% macro word(digits, number) -%}
('0x' || substr({{ digits }}, {{ 8 * number - 7 }}, 8))::UBIGINT
{%- endmacro %}

{# The 32-bit mixer: three shifts, two odd multipliers; a bijection of 0 ... 2^32 - 1. #}
{% macro mix(x) -%}
{%- set first = '((xor(' ~ x ~ ', ' ~ x ~ ' >> 16) * 2146121005) & 4294967295)' -%}
{%- set second = '((xor(' ~ first ~ ', ' ~ first ~ ' >> 15) * 2221713035) & 4294967295)' -%}
xor({{ second }}, {{ second }} >> 16)
{%- endmacro %}

{# First half of a draw, from an id word and a stream's first word. #}
{% macro draw_first(a, s) -%}
{{ mix('xor(' ~ a ~ ', ' ~ s ~ ')') }}
{%- endmacro %}

{# Second half of a draw, from the first half. BIGINT 0 ... 2^32 - 1. #}
{% macro draw_second(x, b, t) -%}
({{ mix('((xor(' ~ x ~ ', ' ~ b ~ ') + ' ~ t ~ ') & 4294967295)') }})::BIGINT
{%- endmacro %}

{# A draw in one expression. #}
{% macro draw(a, b, s, t) -%}
{{ draw_second(draw_first(a, s), b, t) }}
{%- endmacro %}

{# An integer 0 ... n - 1 from a draw, n up to 2^31. #}
{% macro below(draw, n) -%}
((({{ draw }}) * ({{ n }})) >> 32)
{%- endmacro %}

{# One of 1,024 places in a table from a draw. #}
{% macro slot(draw) -%}
(({{ draw }}) >> 22)
{%- endmacro %}

{# Both words of the stream of a type and a salt in a year, as columns s_type_salt and t_type_salt. #}
{% macro stream(type, salt) -%}
{%- set digits = "md5(seed || '|' || year || '|" ~ type ~ "|" ~ salt ~ "')" -%}
{{ word(digits, 1) }} as s_{{ type }}_{{ salt }},
{{ word(digits, 2) }} as t_{{ type }}_{{ salt }}
{%- endmacro %}

{# Columns with the words of some streams. #}
{% macro stream_columns(alias, keys) -%}
{%- for type, salt in keys %}
{{ alias }}.s_{{ type }}_{{ salt }},
{{ alias }}.t_{{ type }}_{{ salt }}{{ ',' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# A relation with one draw more for each (type, salt), as columns draw_type_salt, in the place of the streams' words.
   The half-way words take the columns' names first, so that no expression holds a mixer within a mixer. #}
{% macro with_draws(relation, keys) -%}
select * exclude (
    {%- for type, salt in keys -%}
    s_{{ type }}_{{ salt }}, t_{{ type }}_{{ salt }}{{ ', ' if not loop.last }}
    {%- endfor -%}
) replace (
    {%- for type, salt in keys %}
    {%- set name = type ~ '_' ~ salt %}
    {{ draw_second('draw_' ~ name, 'b', 't_' ~ name) }} as draw_{{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
)
from (
    select *,
        {%- for type, salt in keys %}
        {%- set name = type ~ '_' ~ salt %}
        {{ draw_first('a', 's_' ~ name) }} as draw_{{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ relation }}
)
{%- endmacro %}

{# A relation with the draw of a quota more for each purpose, as columns quota_purpose: of a place, of no employee. #}
{% macro with_quota_draws(relation, purposes, place) -%}
select * exclude (
    {%- for purpose in purposes -%}
    other_{{ purpose }}, s_quota_{{ purpose }}, t_quota_{{ purpose }}{{ ', ' if not loop.last }}
    {%- endfor -%}
) replace (
    {%- for purpose in purposes %}
    {{ draw_second('quota_' ~ purpose, 'other_' ~ purpose, 't_quota_' ~ purpose) }} as quota_{{ purpose }}{{ ',' if not loop.last }}
    {%- endfor %}
)
from (
    select * replace (
        {%- for purpose in purposes %}
        {{ draw_first('quota_' ~ purpose, 's_quota_' ~ purpose) }} as quota_{{ purpose }}{{ ',' if not loop.last }}
        {%- endfor %}
    )
    from (
        select *,
            {%- for purpose in purposes %}
            {{ word("md5('quota|" ~ purpose ~ "|' || " ~ place ~ ")", 1) }} as quota_{{ purpose }},
            {{ word("md5('quota|" ~ purpose ~ "|' || " ~ place ~ ")", 2) }} as other_{{ purpose }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ relation }}
    )
)
{%- endmacro %}
