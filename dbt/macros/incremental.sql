{% materialization incremental, adapter='duckdb' %}
    {{ return(shardrun.write_period()) }}
{% endmaterialization %}
