{#-
    In one transaction, drop the table and make it anew. dbt's own builds a second table beside the
    first, renames both and drops the first after the commit: six statements where two do, a sixth
    of what the lookups take. Readers see the old table until the transaction ends either way.

    Tables that foreign keys lead to are not provided for.
-#}
{% materialization table, adapter='duckdb', supported_languages=['sql', 'python'] %}
{%- set target = this.incorporate(type='table') -%}
{%- set existing = load_cached_relation(this) -%}
{%- set language = model['language'] -%}

{{ run_hooks(pre_hooks, inside_transaction=False) }}
{{ run_hooks(pre_hooks, inside_transaction=True) }}

{%- if existing is not none -%}
    {{- shardrun.drop_in_transaction(existing) }}
{%- endif -%}
{% call statement('main', language=language) -%}
    {{- create_table_as(False, target, compiled_code, language) }}
{%- endcall %}
{% do create_indexes(target) %}
{% do persist_docs(target, model) %}

{{ run_hooks(post_hooks, inside_transaction=True) }}
{% do adapter.commit() %}
{{ run_hooks(post_hooks, inside_transaction=False) }}
{% do return({'relations': [target]}) %}
{% endmaterialization %}
