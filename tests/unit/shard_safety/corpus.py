"""A corpus of named event models, each with what the analysis must say of it.

In the SQL stands ``[shard x]`` for ``shardrun.shard_filter('x')``, ``[hash x]`` for
``shardrun.hash_shard('x', total_shards) = shard_id``, ``[i]`` and ``[n]`` for shard and shards.

The tables: people and raises are keyed, one row and any number of rows an employee; bands and
parameters belong to nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KEYS = ("employee_id", "employee_key")
INPUTS = {
    '"db"."main"."people"': {
        "employee_id": "VARCHAR",
        "employee_key": "UBIGINT",
        "manager_id": "VARCHAR",
        "team": "INTEGER",
        "pay": "DECIMAL(12,2)",
        "score": "DOUBLE",
    },
    '"db"."main"."raises"': {
        "employee_id": "VARCHAR",
        "employee_key": "UBIGINT",
        "raise_date": "DATE",
        "amount": "DECIMAL(12,2)",
    },
    '"db"."main"."bands"': {"team": "INTEGER", "title": "VARCHAR", "bonus": "DECIMAL(12,2)"},
    '"db"."main"."parameters"': {"simulation_year": "INTEGER", "rate": "DECIMAL(9,4)"},
}


@dataclass(frozen=True)
class Case:
    """One event model.

    Attributes:
        name: what it is about.
        sql: its SQL.
        line: of the one violation; None where it is safe.
        says: a part of the reason.
        differs: running it in shards does give other rows on the test's data.
    """

    name: str
    sql: str
    line: int | None = None
    says: str = ""
    differs: bool = False


def rendered(sql: str, shard: int = 0, shards: int = 1) -> str:
    """Return the SQL for one shard; of one shard in all it is the default path's."""

    def shard_filter(match: re.Match[str]) -> str:
        if shards == 1:
            return "true"
        first, following = (
            ((place * 2**32 + shards - 1) // shards) << 32 for place in (shard, shard + 1)
        )
        end = f" and {match[1]} < {following}::ubigint" if shard + 1 < shards else ""
        return f"({match[1]} >= {first}::ubigint{end})"

    def hash_shard(match: re.Match[str]) -> str:
        if shards == 1:
            return "true"
        key = f"md5_number_upper(cast({match[1]} as varchar))"
        return f"cast(((({key}) >> 32) * {shards}) >> 32 as integer) = {shard}"

    sql = re.sub(r"\[shard ([^\]]+)\]", shard_filter, sql)
    sql = re.sub(r"\[hash ([^\]]+)\]", hash_shard, sql)
    return sql.replace("[i]", str(shard)).replace("[n]", str(shards))


MINE = "with mine as (select * from people where [shard employee_key])\n"

SAFE = [
    Case("a filter and a projection", """
        select employee_id, employee_key, pay * 2 as pay from people
        where pay > 100 and [shard employee_key]"""),
    Case("the table by its full name", """
        select p.employee_id from "db"."main"."people" as p where [shard p.employee_key]"""),
    Case("names in other letters", """
        SELECT P.EMPLOYEE_ID AS "Employee_Id" FROM MAIN.PEOPLE P WHERE [shard p."Employee_Key"]"""),
    Case("the hash of the id as the filter", """
        select employee_id, pay from people where [hash employee_id]"""),
    Case("the hash of the id as the filter, on the default path too", """
        select employee_id, pay from people
        where cast(((md5_number_upper(cast(employee_id as varchar)) >> 32) * [n]) >> 32 as integer)
            = [i]"""),
    Case("a remainder as the filter", """
        select employee_id, pay from people where employee_key % [n] = [i] and pay > 10"""),
    Case("the key under another name on the way", """
        select who as employee_id, pay
        from (select employee_id as who, employee_key as k, pay from people) where [shard k]"""),
    Case("the key as text", MINE + "select cast(employee_id as varchar) as employee_id from mine"),
    Case("a star with changes", MINE + """
        select * exclude (score, manager_id) replace (pay + 1 as pay) rename (team as level)
        from mine"""),
    Case("from first", "from people where [shard employee_key]"),
    Case("every join with a table of nobody's", MINE + """
        select mine.employee_id, bands.title, b2.bonus, b3.title as t3, parameters.rate
        from mine
        inner join bands using (team)
        left join bands as b2 on mine.team + 1 = b2.team
        cross join parameters
        left join bands as b3 on b3.team < mine.team"""),
    Case("a right join that keeps the rows with a key", MINE + """
        select employee_id, title from bands right join mine using (team)"""),
    Case("semi and anti join with a table of nobody's", MINE + """
        select employee_id from mine semi join bands using (team)
        union all
        select employee_id from mine anti join bands using (team)"""),
    Case("a table narrowed by an inner join on the id", MINE + """
        select raises.employee_id, mine.employee_key, raises.amount
        from raises inner join mine on raises.employee_id = mine.employee_id"""),
    Case("a table narrowed by a join on the other key", MINE + """
        select r.employee_id, r.amount from mine join raises r using (employee_key)"""),
    Case("a table narrowed by a semi join", MINE + """
        select employee_id, amount from raises semi join mine using (employee_id)"""),
    Case("a table narrowed by in", MINE + """
        select employee_id, amount from raises
        where employee_id in (select employee_id from mine) and amount > 0"""),
    Case("a left join of rows of the same employee", MINE + """
        select mine.employee_id, r.amount
        from mine left join raises r on r.employee_key = mine.employee_key and r.amount > 5"""),
    Case("a chain of left joins over a key that may be null", MINE + """
        select mine.employee_id, r2.amount
        from mine
        left join raises r on r.employee_id = mine.employee_id and r.amount > 50
        left join raises r2 on r2.employee_id = r.employee_id"""),
    Case("tables with commas, linked in the where", MINE + """
        select mine.employee_id, r.amount, b.title
        from mine, raises r, bands b
        where mine.employee_id = r.employee_id and b.team = mine.team"""),
    Case("a natural join over both keys", MINE + """
        select employee_id, pay, amount from mine natural join raises"""),
    Case("a full join of two narrowed tables", MINE + """
        select employee_id, pay, amount
        from (select * from mine where pay > 500) as rich
        full join (select * from raises where [shard employee_key]) as r using (employee_id)"""),
    Case("full joins by whichever key is there", MINE + """
        select coalesce(rich.employee_id, r.employee_id, t.employee_id) as employee_id,
            count(*) as n
        from (select * from mine where pay > 500) as rich
        full join (select * from raises where [shard employee_key] and amount > 50) as r
            on rich.employee_id = r.employee_id
        full join (select * from mine where team = 2) as t
            on coalesce(rich.employee_id, r.employee_id) = t.employee_id
        group by coalesce(rich.employee_id, r.employee_id, t.employee_id)"""),
    Case("an anti join by key", MINE + """
        select employee_id from mine anti join raises using (employee_id)"""),
    Case("group by the key", MINE + """
        select employee_id, count(*) as n, sum(amount) as total, min(raise_date) as first_day
        from mine join raises using (employee_id)
        group by employee_id having count(*) > 1"""),
    Case("group by position, alias, and all", MINE + """
        select employee_id, team, count(*) as n from mine group by 1, team
        union all
        select employee_id as employee_id, team, max(pay) from mine group by all
        union all
        select e as employee_id, t, n
        from (select employee_id as e, team as t, count(*) as n from mine group by e, t)"""),
    Case("grouping sets that all have the key", MINE + """
        select employee_id, team, count(*) as n
        from mine group by grouping sets ((employee_id, team), (employee_id))"""),
    Case("a sum of what is cast to decimal", MINE + """
        select employee_id, sum(cast(score as decimal(18, 6))) as s,
            avg(cast(score as integer)) as a, sum(pay * 2 - round(pay, 1)) as p,
            sum(case when team > 2 then 1 else 0.5 end) as c
        from mine group by employee_id"""),
    Case("rows aggregated before they are narrowed", """
        with totals as (select employee_id, sum(amount) as total from raises group by employee_id)
        select p.employee_id, totals.total
        from people p left join totals using (employee_id) where [shard p.employee_key]"""),
    Case("lists and texts in an order", MINE + """
        select employee_id, list(amount order by raise_date, amount) as amounts,
            string_agg(cast(amount as varchar), ',' order by amount) as texts,
            arg_max(amount, raise_date order by amount) as last_amount
        from mine join raises using (employee_id) group by employee_id"""),
    Case("a window within one employee", MINE + """
        select employee_id, amount,
            row_number() over (partition by mine.employee_key order by raise_date, amount) as n,
            sum(amount) over w as so_far, lag(amount) over w as earlier
        from mine join raises using (employee_id)
        window w as (partition by employee_id order by raise_date, amount
            rows between unbounded preceding and current row)"""),
    Case("qualify within one employee", MINE + """
        select employee_id, amount from mine join raises using (employee_id)
        qualify row_number() over (partition by employee_id order by raise_date, amount) = 1"""),
    Case("distinct with the key", MINE + """
        select distinct employee_id, amount from mine join raises using (employee_id)"""),
    Case("distinct on the key", MINE + """
        select distinct on (employee_id) employee_id, amount
        from mine join raises using (employee_id) order by employee_id, raise_date, amount"""),
    Case("distinct on the place of the key", MINE + """
        select distinct on (1) employee_id, amount
        from mine join raises using (employee_id) order by employee_id, raise_date, amount"""),
    Case("union, intersect and except with the key", MINE + """
        (select employee_id, pay from mine union select employee_id, pay + 0 from mine)
        except select employee_id, pay from mine where pay > 900
        union all
        (select employee_id, pay from mine intersect select employee_id, pay from mine)"""),
    Case("union all by name", MINE + """
        select employee_id, pay, null as amount from mine
        union all by name
        select amount, employee_id
        from raises where [shard employee_key]"""),
    Case("subqueries over tables of nobody's", MINE + """
        select employee_id, (select max(bonus) from bands) as most,
            (select min(b.title) from bands b where b.team = mine.team) as title,
            exists (select 1 from bands) as some, team in (select team from bands) as known
        from mine"""),
    Case("subqueries tied to the employee", MINE + """
        select employee_id,
            (select max(r.amount) from raises r where r.employee_id = mine.employee_id) as most,
            (select arg_min(r.amount, r.raise_date order by r.amount)
                from raises r where mine.employee_key = r.employee_key) as earliest,
            exists (select 1 from raises r where r.employee_id = mine.employee_id) as has_any
        from mine
        where not exists (
            select 1 from raises r where r.employee_id = mine.employee_id and r.amount > 90)"""),
    Case("in and not in by key", MINE + """
        select employee_id, employee_id in (select employee_id from raises) as has_any from mine
        where employee_key not in (select employee_key from raises where amount > 90)"""),
    Case("a lateral subquery tied to the employee", MINE + """
        select mine.employee_id, top.amount
        from mine, lateral (
            select r.amount from raises r where r.employee_id = mine.employee_id
            qualify row_number() over (order by r.amount desc, r.raise_date) <= 2) as top"""),
    Case("a subquery over narrowed rows in a narrowed query", MINE + """
        select employee_id, (select count(*) from mine m where m.employee_id = p.employee_id) as n
        from people p where [shard p.employee_key]"""),
    Case("values, a series and a list", MINE + """
        select mine.employee_id, v.a, s.i, u.x
        from mine
        cross join (values (1, 'one'), (2, 'two')) as v(a, b)
        cross join range(2) as s(i), unnest([mine.team, mine.team + 1]) as u(x)"""),
    Case("unnest in the select list", MINE + """
        select employee_id, unnest(range(team)) as n from mine"""),
    Case("lambdas, structs and lists", MINE + """
        select employee_id, list_transform([team, 2], lambda x: x + team) as l,
            {'team': team, 'pay': pay} as s, [x * 2 for x in [1, 2, 3] if x > 1] as c,
            list_sort([3, team])[1] as smallest
        from mine"""),
    Case("all kinds of expressions", MINE + """
        select employee_id, case when pay between 1 and 500 then 'low' else title end as pay_class,
            coalesce(title, 'none') || '!' as t, team is not distinct from 2 as two,
            extract(year from date '2026-01-01' + interval 1 day) as y, pay::integer >> 1 as h,
            xor(team, 3) & 255 as x, title ilike 'a%' collate nocase as a, not team in (1, 2) as n,
            try_cast(title as integer) as i,
            date_diff('day', date '2026-01-01', date '2027-01-01') as d
        from mine left join bands using (team)"""),
    Case("a row as a struct", MINE + "select employee_id, mine as all_of_it from mine"),
    Case("with entries that read each other", """
        with base as materialized (select * from people),
        mine as not materialized (select * from base where [shard employee_key]),
        counted as (select employee_id, team + 1 as next_team from mine)
        select * from counted"""),
    Case("a with entry that is not used", """
        with idle as (select random() as r, count(*) as n from people)
        select employee_id from people where [shard employee_key]"""),
    Case("a with entry that shadows a table", """
        with people as (select * from people where [shard employee_key])
        select employee_id from people"""),
    Case("a recursive query over nobody's rows", MINE + """
        , recursive_years as (
            with recursive years as (
                select 1 as y union all select y + 1 from years where y < 3)
            select * from years)
        select employee_id, y from mine cross join recursive_years"""),
    Case("a recursive query within one employee", """
        with recursive steps as (
            select employee_id, 1 as step from people where [shard employee_key]
            union all
            select employee_id, step + 1 from steps where step < 3)
        select * from steps"""),
    Case("a window and distinct over nobody's rows", MINE + """
        , ranked as (
            select team, row_number() over (order by team desc, title) as place from bands),
        teams as (select distinct team from bands where team < 3)
        select employee_id, place from mine join ranked using (team) join teams using (team)"""),
    Case("the filter twice", MINE + "select employee_id from mine where [shard employee_key]"),
    Case("philox as nested selects", MINE + """
        select * exclude (s0, s1), s0 as draw
        from (select
            * replace (xor((3449720151::ubigint * s0) >> 32, s1) & 4294967295::ubigint as s0)
        from (select
            *, cast((employee_key) >> 32 as ubigint) as s0, cast(7 as ubigint) as s1
        from mine))"""),
    Case("an order at the end", MINE + """
        select employee_id, pay from mine order by employee_id asc nulls last, pay"""),
    Case("true conditions", """
        select employee_id from people where true and [shard employee_key] and true"""),
    Case("using after using", MINE + """
        select employee_id, pay, amount, n
        from mine join raises using (employee_id)
        join (select employee_id, count(*) as n from raises group by employee_id)
            using (employee_id)"""),
    Case("a name given twice by a join", MINE + """
        select employee_id, team_1
        from (select * from mine, bands where mine.team = bands.team)"""),
]  # fmt: skip

UNSAFE = [
    Case("no filter", "select employee_id,\n pay from people", 1, "not restricted", True),
    Case("rows of nobody's", "select\n team as employee_id from bands", 2, "belong to no", True),
    Case("one number", MINE + "select count(*) as employee_id\nfrom mine", 2, "count_star()", True),
    Case("a share of the whole", MINE + """
        select employee_id,
            pay / (select sum(pay) from mine) as share from mine""", 4, "sum()", True),
    Case("an average of all without the filter", MINE + """
        select employee_id, pay > (select avg(pay) from people) as rich from mine""", 3, "avg()"),
    Case("group by something else", MINE + """
        select team, max(employee_id) as employee_id
        from mine group by team""", 3, "max()", True),
    Case("group by something else without an aggregate", MINE + """
        select m.team as employee_id from mine m
        group by m.team""", 4, "group by", True),
    Case("grouping sets of which one lacks the key", MINE + """
        select employee_id,
            count(*) from mine group by grouping sets ((employee_id), ())""", 4,
        "count_star", True),
    Case("rollup", MINE + """
        select employee_id, team, max(pay)
        from mine group by rollup (employee_id, team)""", 3, "max()", True),
    Case("group by all without the key", MINE + """
        select t.employee_id, n from (select team, count(*) as n from mine group by all) x
        join mine t on t.team = x.team""", 3, "count_star", True),
    Case("a rank among all", MINE + """
        select employee_id,
            row_number() over (order by pay, employee_id) as place from mine""", 4,
        "row_number() over a window without employee_id or employee_key", True),
    Case("a window by team", MINE + """
        select employee_id,
            count(*) over (partition by team) as n from mine""", 4, "count() over", True),
    Case("a share of all by a window", MINE + """
        select employee_id, sum(pay) over () as total from mine""", 3, "sum() over", True),
    Case("qualify over all", MINE + """
        select employee_id from mine
        qualify rank() over (order by pay, employee_id) <= 2""", 4, "rank()", True),
    Case("a window by a key that may be null", MINE + """
        select mine.employee_id, count(*) over (partition by r.employee_id) as n
        from mine left join raises r
            on r.employee_id = mine.employee_id and r.amount > 50""", 3, "count() over", True),
    Case("distinct without the key", MINE + """
        select team as employee_id from (
            select distinct team from mine)""", 4, "distinct without", True),
    Case("distinct on something else", MINE + """
        select distinct on (team) team, employee_id from mine
        order by team, employee_id""", 3, "distinct without", True),
    Case("distinct on a name that hides the key", MINE + """
        select employee_key, pay from (
            select distinct on (employee_id) team as employee_id, employee_key, pay
            from mine order by employee_id, pay, employee_key)""", 4, "distinct without", True),
    Case("distinct on without an order", MINE + """
        select distinct on (employee_id) employee_id, amount
        from mine join raises using (employee_id)""", 3, "keeps any row"),
    Case("limit", MINE + """
        select employee_id from mine order by pay, employee_id
        limit 3""", 4, "limit counts", True),
    Case("limit by share", MINE + """
        select employee_id from mine order by pay, employee_id limit 50%""", 3, "limit counts"),
    Case("offset", MINE + """
        select employee_id from mine order by employee_id offset 2""", 3, "limit counts", True),
    Case("limit in a branch", MINE + """
        (select employee_id from mine order by employee_id limit 1)
        union all select employee_id from mine""", 3, "limit counts", True),
    Case("limit over nobody's rows", MINE + """
        select employee_id, title
        from mine join (select * from bands order by team, title limit 2) using (team)""", 4,
        "limit keeps other rows"),
    Case("limit in a subquery tied to the employee", MINE + """
        select employee_id, (select amount from raises r where r.employee_id = mine.employee_id
            order by raise_date, amount limit 1) as earliest from mine""", 4,
        "limit keeps other rows"),
    Case("a sample", MINE + "select employee_id from mine using sample 3", 1, "sample"),
    Case("a sample of a table", MINE + """
        select employee_id from mine join raises
            tablesample reservoir(2 rows) repeatable (1) using (employee_id)""", 3, "sample"),
    Case("a join by team", MINE + """
        select mine.employee_id, p.pay
        from mine
        join people p on p.team = mine.team""", 5, "rows of different"),
    Case("a join with the manager", MINE + """
        select mine.employee_id, boss.pay as boss_pay
        from mine join mine as boss on mine.manager_id = boss.employee_id""", 4,
        "rows of different", True),
    Case("a cross join of employees", MINE + """
        select mine.employee_id from mine, people""", 3, "rows of different"),
    Case("equal keys only under or", MINE + """
        select mine.employee_id from mine
        join mine o on o.employee_id = mine.employee_id or o.team = mine.team""", 4,
        "rows of different", True),
    Case("keys that are not equal", MINE + """
        select mine.employee_id from mine join mine o on o.employee_id <> mine.employee_id""", 3,
        "rows of different", True),
    Case("a link behind a left join", MINE + """
        select p.employee_id from parameters
        left join (mine cross join people p) on true
        where mine.employee_id = p.employee_id""", 4, "rows of different"),
    Case("an outer join that keeps nobody's rows", MINE + """
        select employee_id, title
        from bands left join mine using (team)""", 4, "keeps rows of a table without", True),
    Case("a full join with nobody's rows", MINE + """
        select employee_id, title from mine full join bands using (team)""", 3,
        "keeps rows of a table without", True),
    Case("full joins and a key of theirs that may be missing", MINE + """
        select coalesce(rich.employee_id, r.employee_id) as employee_id, count(*) as n
        from (select * from mine where pay > 500) as rich
        full join (select * from raises where [shard employee_key] and amount > 50) as r
            on rich.employee_id = r.employee_id
        full join (select * from mine where team = 2) as t
            on coalesce(rich.employee_id, r.employee_id) = t.employee_id
        group by coalesce(rich.employee_id, r.employee_id)""", 3,
        "takes in the rows of several", True),
    Case("a full join by one key or another employee's", MINE + """
        select employee_id from mine
        full join (select employee_id as other from mine) as o
            on coalesce(mine.manager_id, mine.employee_id) = o.other""", 4,
        "rows of different", True),
    Case("nobody's rows filtered by employees", MINE + """
        select title as employee_id
        from bands semi join mine using (team)""", 4, "kept or dropped", True),
    Case("an outer join that keeps every shard's rows", MINE + """
        select raises.employee_id, mine.pay
        from raises left join mine using (employee_id)""", 4, "keeps rows of every shard", True),
    Case("an anti join against this shard's rows", MINE + """
        select employee_id from raises anti join mine using (employee_id)""", 3,
        "keeps rows of every shard", True),
    Case("a full join of narrowed and whole", MINE + """
        select employee_id from mine full join raises using (employee_id)""", 3,
        "keeps rows of every shard", True),
    Case("exists on any employee", MINE + """
        select employee_id from mine
        where exists (select 1 from mine m where m.pay > 800)""", 4,
        "looks at rows of other", True),
    Case("a subquery tied by team", MINE + """
        select employee_id, exists (
            select 1 from mine m where m.team = o.team and m.pay > o.pay) as richer
        from mine o""", 4, "looks at rows of other", True),
    Case("a subquery tied only under or", MINE + """
        select employee_id, exists (
            select 1 from mine m where m.employee_id = o.employee_id or m.team = o.team + 1)
        from mine o""", 4, "looks at rows of other"),
    Case("in by something else", MINE + """
        select employee_id from mine
        where manager_id in (select employee_id from mine)""", 4, "looks at rows of other", True),
    Case("a key in another employee's", MINE + """
        select employee_id, employee_id in (select manager_id from mine) as leads
        from mine""", 3, "looks at rows of other", True),
    Case("a key that may be null in", MINE + """
        select mine.employee_id, r.employee_id not in (select employee_id from raises) as n
        from mine left join raises r on r.employee_id = mine.employee_id and r.amount > 50""", 3,
        "looks at rows of other"),
    Case("this shard's rows asked about all", MINE + """
        select employee_id, n from mine join (
            select employee_id,
                (select count(*) from mine m where m.employee_id = r.employee_id) as n
            from raises r) using (employee_id)""", 5,
        "restricted to this shard about rows of every"),
    Case("not in this shard's", MINE + """
        , others as (
            select employee_id from raises where employee_id not in (select employee_id from mine))
        select employee_id from mine join others using (employee_id)""", 4,
        "restricted to this shard about rows of every"),
    Case("a lateral subquery over all", MINE + """
        select mine.employee_id, x.n from mine,
            lateral (select count(*) as n from people p where p.pay > mine.pay) x""", 4,
        "count_star()"),
    Case("an aggregate of the query outside", MINE + """
        select employee_id, (select max(mine.pay)) as m from mine group by employee_id""", 3,
        "aggregates the query outside"),
    Case("union all with nobody's rows", MINE + """
        select employee_id, pay from mine
        union all
        select title, bonus from bands""", 5, "belong to nobody", True),
    Case("union all with every shard's rows", MINE + """
        select employee_id from mine union all
        select employee_id from raises""", 4, "rows of every shard", True),
    Case("except from every shard's rows", MINE + """
        select employee_id from raises except select employee_id from mine""", 3,
        "rows of every shard", True),
    Case("union without the key", MINE + """
        select mine.employee_id, u.team
        from mine cross join (select team from mine union select team + 1 from mine) u""", 4,
        "compares the rows", True),
    Case("branches with the key in other places", MINE + """
        select employee_id, manager_id from mine union all
        select manager_id, employee_id from mine""", 4, "same place"),
    Case("random()", MINE + "select employee_id,\n random() < 0.5 as x from mine", 3, "random()"),
    Case("a uuid", MINE + "select employee_id, gen_random_uuid() as u from mine", 2, "every run"),
    Case("now()", MINE + "select employee_id, now() as t from mine", 2, "clock"),
    Case("current_date", MINE + "select employee_id, current_date as t from mine", 2, "clock"),
    Case("current_timestamp in a where", MINE + """
        select employee_id from mine where current_timestamp > '2026-01-01'""", 3, "clock"),
    Case("a sequence", MINE + "select employee_id, nextval('s') as n from mine", 2,
        "counts on its own"),
    Case("hash()", MINE + "select employee_id, hash(employee_id) as h from mine", 2, "version"),
    Case("a variable of the session", MINE + """
        select employee_id, getvariable('x') as x from mine""", 3, "session"),
    Case("random numbers in an order", MINE + """
        select employee_id from mine order by random()""", 3, "random()"),
    Case("random numbers in a lambda", MINE + """
        select employee_id, list_transform([1], lambda x: x + random()) as l from mine""", 3,
        "random()"),
    Case("random numbers in a values list", MINE + """
        select employee_id from mine cross join (values (random())) as v(x)""", 3, "random()"),
    Case("the place of a row", MINE + "select employee_id, rowid as r from mine", 2, "stored"),
    Case("first without an order", MINE + """
        select employee_id, first(amount) as a
        from mine join raises using (employee_id) group by employee_id""", 3, "first() without"),
    Case("any_value", MINE + """
        select employee_id, any_value(team) as t from mine group by employee_id""", 3,
        "any_value() without"),
    Case("a list in no order", MINE + """
        select employee_id, list(amount) as l
        from mine join raises using (employee_id) group by employee_id""", 3, "list() without"),
    Case("a text put together in no order", MINE + """
        select employee_id, (select string_agg(title, ',') from bands) as t from mine""", 3,
        "string_agg() without"),
    Case("arg_max without an order", MINE + """
        select employee_id, arg_max(amount, raise_date) as a
        from mine join raises using (employee_id) group by employee_id""", 3, "arg_max() without"),
    Case("numbering in no order", MINE + """
        select employee_id, row_number() over (partition by employee_id) as n
        from mine join raises using (employee_id)""", 3, "without order by"),
    Case("numbering nobody's rows in no order", MINE + """
        select employee_id, n
        from mine join (select team, row_number() over () as n from bands) using (team)""", 4,
        "without order by"),
    Case("a sum of floating-point numbers", MINE + """
        select employee_id, sum(score) as s from mine group by employee_id""", 3, "floating-point"),
    Case("a mean of quotients", MINE + """
        select employee_id, avg(pay / 3) as s from mine group by employee_id""", 3,
        "floating-point"),
    Case("a sum of decimals divided", MINE + """
        select employee_id, sum(pay // 2) as s from mine group by employee_id""", 3,
        "floating-point"),
    Case("a standard deviation", MINE + """
        select employee_id, stddev(pay) as s from mine group by employee_id""", 3, "stddev()"),
    Case("the events of other years", MINE + """
        select employee_id from mine
        anti join events using (employee_id)""", 4, "that this stage writes"),
    Case("a table that nobody knows", MINE + """
        select employee_id from mine join promotions using (employee_id)""", 3,
        "can't be proven what promotions holds"),
    Case("a column that nobody knows", MINE + "select employee_id,\n nickname from mine", 3,
        "can't be proven what nickname is"),
    Case("a function that nobody knows", MINE + "select employee_id, my_own(pay) as x from mine", 2,
        "can't be proven that my_own()"),
    Case("a table function that nobody knows", MINE + """
        select employee_id from mine cross join duckdb_tables()""", 3, "duckdb_tables()"),
    Case("a query as text", MINE + """
        select employee_id from mine cross join query('select 1')""", 3, "query()"),
    Case("columns by a pattern", MINE + "select employee_id, columns('p.*') from mine", 2,
        "COLUMNS"),
    Case("a positional join", MINE + """
        select employee_id from mine positional join bands""", 3, "positional join"),
    Case("an asof join", MINE + """
        select employee_id from mine asof join bands on mine.team >= bands.team""", 3, "asof join"),
    Case("a pivot", MINE + """
        select employee_id
        from mine join (pivot bands on team in (1, 2) using max(bonus)) on true""", 4, "PIVOT"),
    Case("a parameter", MINE + "select employee_id from mine where pay > ?", 2, "PARAMETER"),
    Case("a file by a function", MINE + """
        select mine.* from mine
        join read_csv('rates.csv') as rates on rates.team = mine.team""", 4,
        "it reads files by read_csv(), and a shard opens DuckDB databases and no other files"),
    Case("a file by its name", MINE + """
        select mine.* from mine
        join 'rates.parquet' as rates on rates.team = mine.team""", 4,
        "it reads the file rates.parquet"),
    Case("the filter on something else", "select employee_id from people\nwhere [shard team]", 2,
        "something else than one key"),
    Case("the filter on nobody's rows", """
        select mine.employee_id from people mine join (
            select * from bands where [shard team]) b on mine.team = b.team""", 3,
        "something else than one key"),
    Case("the filter or something else", """
        select employee_id from people where [shard employee_key] or team = 1""", 2,
        "something else than one key", True),
    Case("the filter on a key that may be null", """
        select b.employee_id from people b
        left join raises r on r.employee_id = b.employee_id and r.amount > 50
        where [shard r.employee_key]""", 4, "something else than one key"),
    Case("the filter by a subquery", """
        select employee_id from people
        where employee_key % [n] = (select [i])""", 3, "not the same in every shard"),
    Case("the filter in a join", """
        select p.employee_id from people p
        join raises r on p.employee_id = r.employee_id and [shard p.employee_key]""", 3,
        "not the same in every shard"),
    Case("the shard in the select list", MINE + "select employee_id, [i] as shard from mine", 2,
        "not the same in every shard", True),
    Case("the shard in a having", """
        select employee_id, employee_key from people group by all
        having employee_key % [n] = [i]""", 3, "not the same in every shard"),
    Case("a filter that leaves keys out", """
        select employee_id from people where employee_key % ([n] + 1) = [i]""", 2,
        "leaves rows out", True),
    Case("a filter that takes keys twice", """
        select employee_id from people where employee_key >= [i]""", 2, "takes rows twice", True),
    Case("a filter that is off by one", """
        select employee_id from people
        where ([i] = 0 and employee_key <= 9223372036854775808)
            or ([i] = 1 and employee_key >= 9223372036854775808)""", 3, "takes rows twice"),
    Case("two filters that split in other ways", """
        with r as (select * from raises where employee_key % [n] = [i])
        select p.employee_id, r.amount from people p join r using (employee_id)
        where [shard p.employee_key]""", 4, "in another way", True),
    Case("something that only shards have", """
        select employee_id from people where [shard employee_key] and [n] > 1""", 2,
        "not that of the default path", True),
    Case("no key among the columns", MINE + "select\n pay from mine", 3, "keeps no key column"),
    Case("another's id for the key", MINE + "select\n manager_id as employee_id from mine", 3,
        "not the one of the entity"),
    Case("a made-up key beside the true one", MINE + """
        select employee_id,
            0 as employee_key from mine""", 3, "column employee_key is not the one"),
    Case("an unreadable model", "select employee_id\nfrom people were x = 1 2", 2, "syntax error"),
    Case("two statements", "select 1; select 2", 1, "2 statements"),
    Case("a model that is no query", "create table x as select 1", 1, "can't read"),
    Case("a recursion over employees of a manager", """
        with recursive chain as (
            select employee_id, manager_id from people where [shard employee_key]
            union all
            select c.employee_id, p.manager_id
            from chain c join people p on p.employee_id = c.manager_id)
        select * from chain""", 6, "rows of different"),
]  # fmt: skip
