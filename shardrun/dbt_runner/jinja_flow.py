"""Where a changing value can flow in one Jinja template.

Owns the statements: can such a value reach a call that dbt remembers from parsing, as an argument
or as the condition that the call stands under? Only what dbt reaches while it parses counts, where
``execute`` is false. It must never pass over a statement that it does not know.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from jinja2 import nodes

from shardrun.dbt_runner.jinja_findings import Findings, Surroundings
from shardrun.dbt_runner.jinja_values import Values, dispatched_macro


def follow(
    surroundings: Surroundings,
    body: list[nodes.Node],
    *,
    macro: nodes.Macro | None = None,
    changing_names: frozenset[str] = frozenset(),
) -> Findings:
    """Return what holds for a body of statements.

    Args:
        surroundings: what it can reach.
        body: the statements of a template, or those of a macro.
        macro: the macro whose body it is.
        changing_names: names of its context whose value changes.
    """
    flow = _Flow(surroundings, body, macro, changing_names)
    before: tuple[object, ...] | None = None
    while before != (now := flow.known_so_far()):
        before = now
        flow.go_through()
    return flow.findings


class _Flow(Values):
    # Statements return whether nothing behind them is ever reached while dbt parses.

    def __init__(
        self,
        surroundings: Surroundings,
        body: list[nodes.Node],
        macro: nodes.Macro | None,
        changing_names: frozenset[str],
    ) -> None:
        names = Counter(_names_set_in(body, macro))
        super().__init__(surroundings, names, _dispatched(body, names), changing_names)
        self._body = body
        self._macro_itself = macro

    def known_so_far(self) -> tuple[object, ...]:
        return frozenset(self.changing), self.spoiled, self.leaves_early

    def go_through(self) -> None:
        self.findings = Findings()
        if macro := self._macro_itself:
            without_default = len(macro.args) - len(macro.defaults)
            for name, default in zip(macro.args[without_default:], macro.defaults, strict=True):
                self.assign(name, changing=self.value(default, under=False))
        self._block(self._body, under=False)
        if self.leaves_early and self.findings.remembers:
            self.problem(None, "a changing value may end it before a call that dbt remembers")
        self.findings.guards_caller |= self.leaves_early
        self.findings.spoils |= self.spoiled

    def assign(self, target: nodes.Node, *, changing: bool) -> None:
        match target:
            case nodes.Name() if changing:
                self.changing.add(target.name)
            case nodes.Tuple():
                for item in target.items:
                    self.assign(item, changing=changing)
            case nodes.NSRef():
                self.fill(changing=changing)

    def captured(self, statements: list[nodes.Node], *, under: bool) -> bool:
        before, self.findings.changing = self.findings.changing, False
        self._block(statements, under=under)
        inside, self.findings.changing = self.findings.changing, before
        return inside

    def _block(self, statements: Iterable[nodes.Node], *, under: bool) -> bool:
        return any(self._statement(node, under=under) for node in statements)

    def _statement(self, node: nodes.Node, *, under: bool) -> bool:
        match node:
            case nodes.Output() | nodes.ExprStmt():
                parts = tuple(node.iter_child_nodes())
                self.findings.changing |= self.any(parts, under=under)
                return any(_is_return(part) for part in parts)
            case nodes.If():
                return self._if(node, under=under)
            case nodes.For():
                self._for(node, under=under)
            case nodes.Assign(target=nodes.Name(name=name)) if name in self.dispatched:
                pass
            case nodes.Assign():
                self.assign(node.target, changing=self.value(node.node, under=under) or under)
            case nodes.AssignBlock():
                changing = self.captured(node.body, under=under)
                if node.filter:
                    changing |= self.value(node.filter, under=under)
                self.assign(node.target, changing=changing or under)
            case nodes.FilterBlock():
                self.findings.changing |= self.value(node.filter, under=under)
                self._block(node.body, under=under)
            case nodes.With():
                for target, given in zip(node.targets, node.values, strict=True):
                    self.assign(target, changing=self.value(given, under=under) or under)
                self._block(node.body, under=under)
            case nodes.CallBlock():
                self.findings.changing |= self.call(node.call, under=under, block=node)
            case nodes.Break() | nodes.Continue():
                self.leaves_early |= under
            case _:
                self.problem(node, f"a statement of kind {type(node).__name__}")
        return False

    def _if(self, node: nodes.If, *, under: bool) -> bool:
        every_branch_ends = True
        for branch in (node, *node.elif_):
            decided = self.decided(branch.test)
            tested = self.value(branch.test, under=under)
            self.findings.changing |= tested
            under |= tested and decided is None
            if decided is False:
                continue
            every_branch_ends &= self._block(branch.body, under=under)
            if decided:
                return every_branch_ends
        return self._block(node.else_, under=under) and every_branch_ends

    def _for(self, node: nodes.For, *, under: bool) -> None:
        under |= self.value(node.iter, under=under)
        self.assign(node.target, changing=under)
        if node.test:
            under |= self.value(node.test, under=under)
        self.assign(nodes.Name("loop", "store"), changing=under)
        self.findings.changing |= under
        self._block(node.body, under=under)
        self._block(node.else_, under=under)


def _names_set_in(body: list[nodes.Node], macro: nodes.Macro | None) -> Iterator[str]:
    yield from ("kwargs", "loop", "varargs")
    if macro:
        yield from (name.name for name in macro.args)
    for statement in body:
        for name in statement.find_all(nodes.Name):
            if name.ctx != "load":
                yield name.name


def _dispatched(body: list[nodes.Node], names: Mapping[str, int]) -> dict[str, str]:
    """Return the names that are set once, to `adapter.dispatch` of a literal name."""
    found = {}
    for statement in body:
        for node in (statement, *statement.find_all(nodes.Assign)):
            match node:
                case nodes.Assign(target=nodes.Name(name=name), node=value) if names[name] == 1:
                    if macro := dispatched_macro(value):
                        found[name] = macro
    return found


def _is_return(node: nodes.Node) -> bool:
    match node:
        case nodes.Call(node=nodes.Name(name="return")):
            return True
    return False
