"""Event models put together at random from what SQL has, most of them unsafe.

Every relation in them has the columns id, k, t, v: where all goes well the employee's two keys and
two numbers, but rows of nobody's, other employees' ids and nulls turn up in them too.
"""

from __future__ import annotations

from random import Random

_TABLES = (
    "select employee_id as id, employee_key as k, team as t, cast(pay as integer) as v from people",
    "select manager_id as id, employee_key as k, team as t, cast(pay as integer) as v from people",
    "select employee_id as id, employee_key as k, cast(amount as integer) % 4 as t, "
    "cast(amount as integer) as v from raises",
    "select title as id, cast(team as ubigint) as k, team as t, cast(bonus as integer) as v "
    "from bands",
)
_KEYS = ("id", "k")
_COLUMNS = ("id", "k", "t", "v")
_JOINS = ("inner", "inner", "left", "left", "right", "full", "semi", "anti", "cross")
_GROUPS = (("id", "k"),) * 4 + (("id", "k", "t"), ("id",), ("k",), ("t",), ("k", "v"), ())


def random_model(dice: Random) -> str:
    """Return an event model in the corpus's notation."""
    return _narrow(
        dice, f"select id as employee_id, k as employee_key, t, v from ({_relation(dice, 3)})"
    )


def _narrow(dice: Random, sql: str) -> str:
    return f"with idle as (select 1) {sql}" if dice.random() < 0.1 else sql


def _relation(dice: Random, depth: int) -> str:
    if depth == 0:
        table = dice.choices(_TABLES, (8, 1, 6, 3))[0]
        if table is _TABLES[3] or dice.random() < 0.15:
            return table
        return f"{table} where [shard employee_key]"
    makers = (_filter, _join, _group, _window, _distinct, _set_operation, _scalar, _shuffle, _cte)
    return dice.choices(makers, (3, 4, 2, 2, 1, 2, 2, 1, 2))[0](dice, depth - 1)


def _some(dice: Random, depth: int) -> str:
    return _relation(dice, dice.randint(0, depth))


def _equal(dice: Random, one: str, other: str) -> str:
    column = dice.choices(_COLUMNS, (8, 8, 1, 1))[0]
    extra = f" and {one}.v <= {other}.v" if dice.random() < 0.3 else ""
    return f"{one}.{column} = {other}.{column}{extra}"


def _filter(dice: Random, depth: int) -> str:
    inner = _some(dice, depth)
    condition = dice.choice(
        (
            "r.v > 20",
            "[shard r.k]",
            "r.t in (1, 2) or r.v < 30",
            f"r.{(column := dice.choice(_KEYS))} in (select {column} from ({inner}))",
            f"r.{column} not in (select {dice.choice(_KEYS[:1] * 3)} from ({inner}))"
            if column == "id"
            else f"r.k not in (select k from ({inner}))",
            f"exists (select 1 from ({inner}) s where {_equal(dice, 's', 'r')})",
            f"not exists (select 1 from ({inner}) s where {_equal(dice, 's', 'r')})",
        )
    )
    return f"select * from ({_relation(dice, depth)}) r where {condition}"


def _join(dice: Random, depth: int) -> str:
    kind = dice.choice(_JOINS)
    left, right = _relation(dice, depth), _some(dice, depth)
    if kind in ("semi", "anti"):
        return f"select a.* from ({left}) a {kind} join ({right}) b on {_equal(dice, 'a', 'b')}"
    if kind == "cross":
        sides = [dice.choice("ab") for _ in _COLUMNS]
        where = f"where {_equal(dice, 'a', 'b')}"
        source = f"({left}) a, ({right}) b"
    elif dice.random() < 0.4:
        shared = dice.sample(_COLUMNS, dice.randint(1, 2))
        sides = ["" if name in shared else dice.choice("ab") for name in _COLUMNS]
        source, where = f"({left}) a {kind} join ({right}) b using ({', '.join(shared)})", ""
    else:
        sides = [dice.choice("aaaab") for _ in _COLUMNS]
        source, where = f"({left}) a {kind} join ({right}) b on {_equal(dice, 'a', 'b')}", ""
    if kind == "full" and dice.random() < 0.5:
        sides[:2] = dice.choice(("ab", "ab", "ba", "aa")), "ab"
    columns = [_of_sides(side, name) for side, name in zip(sides, _COLUMNS, strict=True)]
    return f"select {', '.join(columns)} from {source} {where}"


def _of_sides(sides: str, name: str) -> str:
    if len(sides) < 2:
        return f"{sides}.{name} as {name}" if sides else name
    return f"coalesce({', '.join(f'{side}.{name}' for side in sides)}) as {name}"


def _group(dice: Random, depth: int) -> str:
    by = dice.choice(_GROUPS)
    columns = [
        name if name in by else f"{dice.choice(('min', 'max'))}({name}) as {name}"
        for name in _COLUMNS
    ]
    if "v" not in by:
        columns[-1] = dice.choice(("count(*)", "sum(v)", "max(v)")) + " as v"
    group = f" group by {', '.join(by)}" if by else ""
    if by and dice.random() < 0.2:
        group = f" group by grouping sets (({', '.join(by)}), ({by[0]}))"
    return f"select {', '.join(columns)} from ({_relation(dice, depth)}){group}"


def _window(dice: Random, depth: int) -> str:
    partition = dice.choice(("partition by id", "partition by k", "partition by k, t", ""))
    value = dice.choice(
        (
            f"row_number() over ({partition} order by id, k, t, v)",
            f"count(*) over ({partition})",
            f"max(v) over ({partition})",
        )
    )
    inner = _relation(dice, depth)
    if dice.random() < 0.3:
        return f"select * from ({inner}) qualify {value} <= 2"
    return f"select id, k, t, {value} as v from ({inner})"


def _distinct(dice: Random, depth: int) -> str:
    columns = dice.choice(("id, k, t, v", "id, k, t, 1 as v", "id, 0::ubigint as k, t, 1 as v"))
    if dice.random() < 0.3:
        on = dice.choice(("id", "k", "t"))
        inner = _relation(dice, depth)
        return f"select distinct on ({on}) id, k, t, v from ({inner}) order by {on}, id, k, t, v"
    return f"select distinct {columns} from ({_relation(dice, depth)})"


def _set_operation(dice: Random, depth: int) -> str:
    operator = dice.choice(
        ("union all", "union all", "union", "except", "intersect", "union all by name")
    )
    names = "v, t, k, id" if operator.endswith("name") else "id, k, t, v"
    return (
        f"select id, k, t, v from ({_relation(dice, depth)}) {operator} "
        f"select {names} from ({_some(dice, depth)})"
    )


def _scalar(dice: Random, depth: int) -> str:
    value = dice.choice(("max(s.v)", "count(*)", "min(s.t)"))
    where = f" where {_equal(dice, 's', 'r')}" if dice.random() < 0.8 else ""
    subquery = f"select {value} as n from ({_some(dice, depth)}) s{where}"
    outer = _relation(dice, depth)
    if dice.random() < 0.3:
        return f"select r.id, r.k, r.t, x.n as v from ({outer}) r, lateral ({subquery}) x"
    return f"select r.id, r.k, r.t, ({subquery}) as v from ({outer}) r"


def _shuffle(dice: Random, depth: int) -> str:
    columns = dice.choice(
        (
            "id, k, v as t, t as v",
            "* replace (v + 1 as v)",
            "cast(id as varchar) as id, k, t, v",
            "coalesce(id, 'nobody') as id, k, t, v",
            "* exclude (v), t as v",
            "id, k, t, unnest([v, v + 1]) as v",
        )
    )
    return f"select {columns} from ({_relation(dice, depth)})"


def _cte(dice: Random, depth: int) -> str:
    ons = _equal(dice, "a", "b")
    kind = dice.choice(("inner", "left", "full"))
    return (
        f"with c as ({_relation(dice, depth)}) "
        f"select a.id, a.k, b.t, b.v from c a {kind} join c b on {ons}"
    )
