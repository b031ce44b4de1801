{#-
    The work of an incremental model that keeps one period's rows after another: in one transaction,
    delete the rows of the current period and insert the model's rows straight into the table.

    dbt's own delete+insert writes every row twice (a temporary table, then the target), and deletes
    only the periods that the new rows hold, so that a period which comes out empty keeps its old
    rows. The period column is the model's unique_key; its current value is the var of that name.

    The model's columns must be those of the table. DuckDB itself sees to that: BY NAME refuses one
    that the table lacks, REPLACE one that the model lacks. To ask for the model's columns first
    would bind its SQL twice, a twelfth of all that DuckDB does in the bundled project. A model whose
    columns changed needs --full-refresh.

    Use it from the project: {% raw %}{% materialization incremental, adapter='duckdb' %}
    {{ return(shardrun.write_period()) }}{% endmaterialization %}{% endraw %}
-#}
{% macro write_period() %}
{%- set target = this.incorporate(type='table') -%}
{%- set existing = load_cached_relation(this) -%}
{%- set period = config.require('unique_key') -%}
{%- if config.get('incremental_strategy') != 'delete+insert' -%}
    {% do exceptions.raise_compiler_error(
        'a model that is written by period has incremental_strategy delete+insert'
    ) %}
{%- endif -%}

{{ run_hooks(pre_hooks, inside_transaction=False) }}
{{ run_hooks(pre_hooks, inside_transaction=True) }}

{%- if existing is not none and (should_full_refresh() or not existing.is_table) -%}
    {{- shardrun.drop_in_transaction(existing) }}
    {%- set existing = none -%}
{%- endif -%}

{%- if existing is none -%}
    {% call statement('main') -%}
        {{ create_table_as(False, target, compiled_code) }}
    {%- endcall %}
{%- else -%}
    {#- adapter.get_columns_in_relation would make a context of all macros to ask the same -#}
    {%- set columns = run_query('from ' ~ target ~ ' limit 0').column_names %}
    {% call statement('main') -%}
        delete from {{ target }} where {{ period }} = {{ var(period) }};
        insert into {{ target }} by name (
        select * replace ({% for column in columns | map('string') %}{{ adapter.quote(column) }} as {{ adapter.quote(column) }}{{ ', ' if not loop.last }}{% endfor %})
        from (
        {{ compiled_code }}
        )
        )
    {%- endcall %}
{%- endif %}

{{ run_hooks(post_hooks, inside_transaction=True) }}
{% do adapter.commit() %}
{{ run_hooks(post_hooks, inside_transaction=False) }}
{% do return({'relations': [target]}) %}
{% endmacro %}
