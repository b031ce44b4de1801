"""Reads one YAML file into plain values that remember where they stood.

Values are built from the parser's events, so a file can't construct objects, and what would make
it mean something else than it shows (aliases, tags, directives, duplicate keys) is refused.
It must never know what the keys mean; that is `shardrun.config.simulation`'s.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.reader import ReaderError

from shardrun.errors import ConfigError

KeyPath = tuple[str | int, ...]

MAX_BYTES = 256 * 1024
MAX_DEPTH = 20
MAX_NUMBER_LENGTH = 64
MAX_SHOWN = 40


class Place(NamedTuple):
    """A position in a text file; both count from 1, as editors do."""

    line: int
    column: int


@dataclass(frozen=True)
class YamlSource:
    """What a YAML file holds and where each part of it stands.

    Attributes:
        path: the file, as it was given.
        data: str, int, bool, None, list and dict; floating numbers as the Decimal that was written.
        keys: the place of every mapping key.
        values: the place of every scalar and bracketed list; the rest is found by its key.
    """

    path: Path
    data: dict[str, Any]
    keys: dict[KeyPath, Place] = field(default_factory=dict)
    values: dict[KeyPath, Place] = field(default_factory=dict)

    def locate(self, at: KeyPath, *, key: bool = False) -> Place:
        """Return where the value at `at` stands, or its key, or the nearest thing that holds it."""
        own = self.keys.get(at) if key else self.values.get(at, self.keys.get(at))
        if own is not None:
            return own
        return self.locate(at[:-1]) if at else Place(1, 1)


def printable(text: str) -> str:
    """Return `text` short, on one line and without what could steer a terminal."""
    short = text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in short)


def read_yaml(path: Path) -> YamlSource:
    """Read the YAML 1.2 file `path`, whose top must be keys.

    Raises:
        ConfigError: if it can't be read or isn't plain YAML; names file, line and column.
    """
    return _Builder(path, _read_text(path)).document()


def _read_text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such configuration file") from None
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: is larger than {MAX_BYTES // 1024} KB; is it a configuration?")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line_start = content.rfind(b"\n", 0, error.start) + 1
        line = content.count(b"\n", 0, error.start) + 1
        column = len(content[line_start : error.start].decode("utf-8-sig")) + 1
        raise ConfigError(
            f"{path}:{line}:{column}: byte 0x{content[error.start]:02x} is not UTF-8; "
            "save the file as UTF-8 text"
        ) from error


class _Builder:
    """Turns the parser's events of one text into a YamlSource."""

    def __init__(self, path: Path, text: str) -> None:
        yaml = YAML(typ="safe", pure=True)
        self._text = text
        self._source = YamlSource(path, {})
        self._resolve = yaml.resolver.resolve
        self._events: Iterator[Event] = yaml.parse(text)
        self._place = Place(1, 1)

    def document(self) -> YamlSource:
        with self._syntax_errors_explained():
            self._next()  # the start of the stream
            first = self._next()
            if isinstance(first, StreamEndEvent):
                self._refuse("the file is empty; write {} to take every default")
            if isinstance(first, DocumentStartEvent) and (first.version or first.tags):
                self._refuse("the % directives above are not supported; remove them")
            top = self._next()
            if not isinstance(top, MappingStartEvent):
                self._refuse("the file must hold sections with keys, such as simulation:")
            self._source.data.update(self._value(top, ()))
            self._next()  # the end of the document
            if not isinstance(self._next(), StreamEndEvent):
                self._refuse("a second document begins here; keep one document in the file")
        return self._source

    def _value(self, event: Event, at: KeyPath) -> Any:
        self._accept(event, at)
        match event:
            case ScalarEvent():
                value = self._scalar(event)
                if value is not None:
                    self._source.values[at] = self._place
                return value
            case SequenceStartEvent():
                if event.flow_style:
                    self._source.values[at] = self._place
                return list(self._items(at))
            case _:
                return dict(self._pairs(at))

    def _items(self, at: KeyPath) -> Iterator[Any]:
        index = 0
        while not isinstance(event := self._next(), SequenceEndEvent):
            yield self._value(event, (*at, index))
            index += 1

    def _pairs(self, at: KeyPath) -> Iterator[tuple[str, Any]]:
        while not isinstance(event := self._next(), MappingEndEvent):
            self._accept(event, at)
            if not isinstance(event, ScalarEvent):
                self._refuse("a key must be a plain word")
            key = self._text_of(event)
            if (first := self._source.keys.get((*at, key))) is not None:
                self._refuse(f'the key "{printable(key)}" was given before, on line {first.line}')
            self._source.keys[*at, key] = self._place
            yield key, self._value(self._next(), (*at, key))

    def _accept(self, event: Event, at: KeyPath) -> None:
        if isinstance(event, AliasEvent):
            self._refuse(
                f"aliases (*{printable(event.anchor)}) are not supported; write the value out"
            )
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag is not None:
            self._refuse(f"tags ({printable(event.tag)}) are not supported; write the plain value")
        if len(at) > MAX_DEPTH:
            self._refuse(f"nested more than {MAX_DEPTH} levels deep")

    def _scalar(self, event: ScalarEvent) -> str | int | bool | Decimal | None:
        text = self._text_of(event)
        kind = str(self._resolve(ScalarNode, text, event.implicit)).rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind in ("int", "float") and len(text) <= MAX_NUMBER_LENGTH:
            return _number(text, kind)
        return text

    def _text_of(self, event: ScalarEvent) -> str:
        text = str(event.value)
        if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
            self._refuse("holds a character that is not text (NUL or half a surrogate pair)")
        return text

    def _next(self) -> Event:
        event = next(self._events)
        self._place = Place(event.start_mark.line + 1, event.start_mark.column + 1)
        return event

    def _refuse(self, problem: str) -> NoReturn:
        line, column = self._place
        raise ConfigError(f"{self._source.path}:{line}:{column}: {problem}")

    @contextmanager
    def _syntax_errors_explained(self) -> Iterator[None]:
        try:
            yield
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            self._place = Place(mark.line + 1, mark.column + 1)
            self._refuse(_explained(error.problem, self._text[mark.index : mark.index + 1]))
        except ReaderError as error:
            before = self._text[: error.position]
            self._place = Place(before.count("\n") + 1, len(before) - before.rfind("\n"))
            self._refuse(
                f"the control character {error.character:#04x} can't stand here; remove it"
            )
        except (ValueError, OverflowError):  # ruamel hands a \U escape to chr() unchecked
            self._refuse("after this a \\U escape names a character that does not exist")


def _number(text: str, kind: str) -> int | Decimal | str:
    """Return the exact number, or the text itself where it only resembles one (0401)."""
    try:
        if kind == "int":
            return int(text, base=0)
        return Decimal(text.replace(".", "") if text.lower().endswith(("inf", "nan")) else text)
    except (ValueError, InvalidOperation):
        return text


def _explained(problem: str, character: str) -> str:
    if "cannot start any token" in problem:
        if character == "\t":
            return "a tab can't stand here; indent and separate with spaces"
        return f"a value can't begin with {character!r}; put it in quotes"
    if "mapping values are not allowed here" in problem:
        return "a ':' can't stand here; check the indentation, or put the text in quotes"
    return f"not readable as YAML: {problem}"
