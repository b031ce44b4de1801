"""Whether the value of a Jinja expression can change, and what evaluating it does besides.

Owns what is known of dbt's names and calls while it parses. It is blind to order: a name that may
ever hold a changing value always counts as changing, and an object that may ever be filled with
one spoils every name of its template. It must never pass over what it does not know.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping

from jinja2 import nodes

from shardrun.dbt_runner.jinja_findings import Findings, Surroundings

# What dbt carries out while parsing and remembers in its manifest.
_REMEMBERED = frozenset({"config", "function", "metric", "ref", "source"})
_NOT_FOLLOWED = frozenset({"adapter_macro", "render", "try_or_compiler_error"})
# Handed on as values, these could be called where nobody looks.
_ONLY_CALLED = _REMEMBERED | _NOT_FOLLOWED | {"builtins", "context", "var"}
_KEEPS_ARGUMENTS = frozenset({"store_raw_result", "store_result"})
# What differs between any two invocations of dbt, or holds all vars; with the parts that do not.
_UNSETTLED: dict[str, frozenset[str]] = {
    "flags": frozenset(),
    "graph": frozenset(),
    "invocation_args_dict": frozenset(),
    "invocation_id": frozenset(),
    "lipsum": frozenset(),
    "modules": frozenset({"itertools", "pytz", "re"}),
    "run_started_at": frozenset(),
    "selected_resources": frozenset(),
    "target": frozenset({"database", "name", "profile_name", "schema", "target_name", "type"}),
    "thread_id": frozenset(),
}
_WITHOUT_MEMORY = frozenset({"adapter", "api", "exceptions", "modules"})
_READING_METHODS = frozenset(
    {"capitalize", "copy", "count", "endswith", "find", "format", "get", "index", "isdigit",
     "isoformat", "items", "join", "keys", "lower", "lstrip", "replace", "rstrip", "split",
     "splitlines", "startswith", "strftime", "strip", "title", "upper", "values", "zfill"}
)  # fmt: skip


class Values(ABC):
    """Evaluates the expressions of one template; each answers whether its value may change.

    ``under`` says everywhere: a changing value decides whether this is carried out.
    """

    def __init__(
        self,
        surroundings: Surroundings,
        local: Iterable[str],
        dispatched: Mapping[str, str],
        changing: Iterable[str],
    ) -> None:
        """Know nothing of the template yet.

        Args:
            surroundings: what the template can reach.
            local: names that the template itself gives a meaning.
            dispatched: those of them that are `adapter.dispatch("macro")`, with the macro.
            changing: names whose value changes.
        """
        self.findings = Findings()
        self.changing = set(changing)
        self.spoiled = False
        self.leaves_early = False
        self._surroundings = surroundings
        self._local = frozenset(local)
        self.dispatched = dispatched

    @abstractmethod
    def assign(self, target: nodes.Node, *, changing: bool) -> None:
        """Give a name or names a value."""

    @abstractmethod
    def captured(self, statements: list[nodes.Node], *, under: bool) -> bool:
        """Return whether the text that the statements make may change."""

    def problem(self, node: nodes.Node | None, text: str) -> bool:
        """Keep the first problem; return True, as the value of what can't be followed."""
        where = f"line {node.lineno}: " if node else ""
        self.findings.problem = self.findings.problem or where + text
        return True

    def fill(self, *, changing: bool) -> None:
        """Note that an object is changed; ``changing`` if it may be with a changing value."""
        self.findings.fills = True
        self.spoiled |= changing or self.leaves_early

    def decided(self, test: nodes.Node) -> bool | None:
        """Return what a condition comes to while dbt parses, where that is certain."""
        match test:
            case nodes.Const():
                return bool(test.value)
            case nodes.Name(name="execute") if "execute" not in self._local:
                return False
            case nodes.Not():
                inner = self.decided(test.node)
                return None if inner is None else not inner
            case nodes.And() | nodes.Or():
                enough = isinstance(test, nodes.Or)
                sides = (self.decided(test.left), self.decided(test.right))
                if enough in sides:
                    return enough
                return None if None in sides else not enough
        return None

    def any(self, parts: Iterable[nodes.Node], *, under: bool) -> bool:
        """Evaluate every part."""
        changing = False
        for part in parts:
            changing |= self.value(part, under=under)
        return changing

    def value(self, node: nodes.Node, *, under: bool) -> bool:
        """Evaluate an expression."""
        match node:
            case nodes.Name():
                return self._name(node)
            case nodes.Getattr(node=nodes.Name(name=name), attr=part) if self._settled(name, part):
                return self.spoiled
            case nodes.Call():
                return self.call(node, under=under)
            case nodes.And() | nodes.Or():
                left = self.value(node.left, under=under)
                if self.decided(node.left) is isinstance(node, nodes.Or):
                    return left
                return self.value(node.right, under=under or left) or left
            case nodes.CondExpr():
                tested = self.value(node.test, under=under)
                decided = self.decided(node.test)
                sides = [node.expr1] if decided is not False else []
                if not decided and node.expr2:
                    sides.append(node.expr2)
                return self.any(sides, under=under or tested) or tested
            case nodes.Filter(name="random"):
                return self.any(node.iter_child_nodes(), under=under) or True
        return self.any(node.iter_child_nodes(), under=under)

    def call(self, call: nodes.Call, *, under: bool, block: nodes.CallBlock | None = None) -> bool:
        """Evaluate a call, with the block that it is given by ``{% call %}``, if any."""
        given = self.any([*call.args, *(pair.value for pair in call.kwargs)], under=under)
        given |= self.any([p for p in (call.dyn_args, call.dyn_kwargs) if p], under=under)
        findings: Findings | None = None
        match call.node:
            case nodes.Name(name=name) if name not in self._local:
                findings = self._surroundings.macro(name)
                if name in _REMEMBERED:
                    self._remember(call, name, given=given, under=under)
                if findings is None and block is None:
                    return self._function(call, name, given=given, under=under)
            case nodes.Getattr(node=nodes.Name(name=owner), attr=name):
                if owner not in self._local:
                    findings = self._surroundings.macro(name, owner)
                if findings is None and block is None:
                    return self._method(call, owner, name, given=given, under=under)
            case nodes.Getattr(node=owner, attr=name) if block is None:
                return self._method_of_value(call, owner, name, given=given, under=under)
            case nodes.Name(name=name) if name in self.dispatched:
                findings = self._surroundings.dispatched(self.dispatched[name])
            case nodes.Call() if (macro := dispatched_macro(call.node)) is not None:
                findings = self._surroundings.dispatched(macro)
        if findings is None:
            return self.problem(call, "what is called here is computed")
        return self._macro(call, findings, given=given, under=under, block=block)

    def _macro(
        self,
        call: nodes.Call,
        findings: Findings,
        *,
        given: bool,
        under: bool,
        block: nodes.CallBlock | None,
    ) -> bool:
        if block:
            guarded = under or given or findings.guards_caller
            for argument in block.args:
                self.assign(argument, changing=given or findings.changing)
            given |= self.any(block.defaults, under=guarded)
            given |= self.captured(block.body, under=guarded)
        if findings.problem:
            self.problem(call, findings.problem)
        if findings.remembers:
            self._remember(call, "a macro with ref() or config()", given=given, under=under)
        if findings.fills:
            self.fill(changing=given or under or findings.spoils)
        return given or findings.changing

    def _settled(self, name: str, part: str) -> bool:
        return name not in self._local and part in _UNSETTLED.get(name, ())

    def _name(self, node: nodes.Name) -> bool:
        name = node.name
        if name in self.changing or name in self._local:
            return name in self.changing or self.spoiled
        if name in _UNSETTLED:
            return True
        reaches_macros = self._surroundings.is_package(name) or self._surroundings.macro(name)
        if name in _ONLY_CALLED or reaches_macros:
            return self.problem(node, f"{name} is handed on as a value")
        return self.spoiled

    def _function(self, call: nodes.Call, name: str, *, given: bool, under: bool) -> bool:
        if name == "var":
            return self._var(call, given=given)
        if name in _NOT_FOLLOWED:
            return self.problem(call, f"{name}() can't be followed")
        if name == "caller":
            self.findings.guards_caller |= under
        if name == "return":
            self.leaves_early |= under
        if name in _KEEPS_ARGUMENTS:
            self.fill(changing=given or under)
        return given or name in _UNSETTLED or (name == "load_result" and self.spoiled)

    def _method(self, call: nodes.Call, owner: str, name: str, *, given: bool, under: bool) -> bool:
        match owner if owner not in self._local else None, name:
            case ("builtins", "var") | ("var", "has_var"):
                return self._var(call, given=given)
            case ("builtins", _) if name in _REMEMBERED:
                return self._remember(call, name, given=given, under=under)
            case ("config", "set"):
                return self._remember(call, "config.set", given=given, under=under)
            case ("config", _):
                return False  # config.get() and its like give nothing while dbt parses
            case ("adapter", "dispatch") | (("builtins" | "context" | "var"), _):
                return self.problem(call, f"{owner}.{name}() can't be followed")
            case ("exceptions", _) if under and name != "warn":
                return self.problem(call, f"a changing value decides on exceptions.{name}()")
            case (str(), _) if self._surroundings.is_package(owner):
                return given
        return self._method_of_value(
            call, nodes.Name(owner, "load"), name, given=given, under=under
        )

    def _method_of_value(
        self, call: nodes.Call, owner: nodes.Expr, name: str, *, given: bool, under: bool
    ) -> bool:
        has_memory = _root(owner) not in _WITHOUT_MEMORY - self._local
        if has_memory and name not in _READING_METHODS:
            self.fill(changing=given or under)
        return self.value(owner, under=under) or given

    def _var(self, call: nodes.Call, *, given: bool) -> bool:
        name = _literal(call, "var_name")
        if self._surroundings.indirect and (name is None or name in self._surroundings.indirect):
            return self.problem(call, "a var whose value is Jinja itself can't be followed")
        return name is None or name in self._surroundings.changing or given

    def _remember(self, call: nodes.Call, what: str, *, given: bool, under: bool) -> bool:
        self.findings.remembers = True
        if given:
            self.problem(call, f"an argument of {what} may change")
        if under:
            self.problem(call, f"a changing value decides whether {what} is called")
        return False


def dispatched_macro(node: nodes.Node) -> str | None:
    """Return the macro's name if this is `adapter.dispatch` with a literal name."""
    match node:
        case nodes.Call(node=nodes.Getattr(node=nodes.Name(name="adapter"), attr="dispatch")):
            return _literal(node, "macro_name")
    return None


def _literal(call: nodes.Call, parameter: str) -> str | None:
    """Return a call's first argument, by place or by name, if it is a literal string."""
    given = [*call.args, *(pair.value for pair in call.kwargs if pair.key == parameter)][:1]
    value = given[0].value if given and isinstance(given[0], nodes.Const) else None
    return value if isinstance(value, str) else None


def _root(node: nodes.Node) -> str | None:
    """Return ``a`` for ``a.b.c``."""
    while isinstance(node, nodes.Getattr):
        node = node.node
    return node.name if isinstance(node, nodes.Name) else None
