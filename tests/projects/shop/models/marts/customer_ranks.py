def model(dbt, session):
    dbt.config(materialized="table")
    orders = dbt.ref("fct_orders")
    return session.sql(
        "select customer_id, sum(amount) as amount, rank() over (order by sum(amount) desc) as place "
        "from orders group by customer_id"
    )
