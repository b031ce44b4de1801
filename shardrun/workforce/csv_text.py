"""What a person's CSV file is made of: encoding, line ends, delimiter, header, blank lines.

It looks at bytes and the header alone, so that DuckDB can be told how to read the rest. It must
never parse the values of a row.
"""

from __future__ import annotations

import codecs
import csv
import mmap
from dataclasses import dataclass
from pathlib import Path

from shardrun.errors import CensusError

_DELIMITERS = (",", ";", "\t", "|")
_CHUNK = 1 << 24
_LONG_LINE = 1 << 12
_COLUMNS_TOO_MANY = 1000
_BINARY_KINDS = {
    b"PK\x03\x04": "a spreadsheet or zip file",
    b"\xd0\xcf\x11\xe0": "an old Excel file",
    b"\x1f\x8b": "a gzip file",
    b"(\xb5/\xfd": "a Zstandard file",
    b"%PDF": "a PDF file",
}
_UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True)
class CsvText:
    """A CSV file that DuckDB can read as it stands: UTF-8 with one kind of line end.

    Attributes:
        path: the file, or a rewritten copy of it.
        encoding: what the person's file was written in.
        delimiter: the character between columns.
        header: the names of its columns, in order.
        header_record: the header's record number, 1 unless blank lines precede it.
        blank_records: numbers of the blank records between the first row and the last.
    """

    path: Path
    encoding: str
    delimiter: str
    header: tuple[str, ...]
    header_record: int
    blank_records: tuple[int, ...]


def inspect_csv(source: Path, scratch: Path) -> CsvText:
    """Return how to read ``source``, rewriting it into ``scratch`` where DuckDB could not.

    Args:
        source: an existing file.
        scratch: an existing directory, which takes a UTF-8 copy of a file in another encoding or
            with mixed line ends.

    Raises:
        CensusError: if it is empty, binary, in an unknown encoding or without a header.
    """
    if source.stat().st_size == 0:
        raise CensusError(f"{source} is empty.")
    encoding, regular = _encoding(source)
    path = source if regular else _rewrite(source, scratch / "census.csv", encoding)
    delimiter, header, header_record = _header(source, path)
    _refuse_endless_lines(source, path, delimiter, len(header))
    blank_records = _blank_records(source, path, delimiter, header_record)
    return CsvText(path, encoding, delimiter, header, header_record, blank_records)


def _encoding(source: Path) -> tuple[str, bool]:
    """Return the encoding and whether DuckDB can read the file as it stands."""
    with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for magic, kind in _BINARY_KINDS.items():
            if data[: len(magic)] == magic:
                raise CensusError(f"{source} is {kind}, not a CSV; export or unpack it first.")
        if data[:2] in _UTF_16_MARKS:
            return "utf-16", False
        decoder = codecs.getincrementaldecoder("utf-8")()
        encoding = "utf-8-sig"
        returns = feeds = pairs = 0
        previous = b""
        for start in range(0, len(data), _CHUNK):
            chunk = data[start : start + _CHUNK]
            if b"\0" in chunk:
                raise CensusError(f"{source} is not text: neither a CSV nor a Parquet file.")
            try:
                decoder.decode(chunk, final=start + _CHUNK >= len(data))
            except UnicodeDecodeError:
                encoding = "cp1252"
            returns += chunk.count(b"\r")
            feeds += chunk.count(b"\n")
            pairs += chunk.count(b"\r\n") + (previous + chunk[:1] == b"\r\n")
            previous = chunk[-1:]
    return encoding, encoding == "utf-8-sig" and (returns == 0 or returns == feeds == pairs)


def _rewrite(source: Path, copy: Path, encoding: str) -> Path:
    try:
        with (
            source.open(encoding=encoding) as given,
            copy.open("w", encoding="utf-8", newline="\n") as written,
        ):
            while text := given.read(_CHUNK):
                written.write(text)
    except UnicodeError as error:
        raise CensusError(
            f"{source} is in none of the encodings UTF-8, UTF-16 and Windows-1252; "
            "save it as UTF-8."
        ) from error
    return copy


def _header(source: Path, path: Path) -> tuple[str, tuple[str, ...], int]:
    """Return delimiter, column names and record number of the header."""
    best: tuple[str, tuple[str, ...], int] | None = None
    problem: csv.Error | None = None
    for delimiter in _DELIMITERS:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                for number, record in enumerate(csv.reader(file, delimiter=delimiter), start=1):
                    if record and any(cell.strip() for cell in record):
                        names = tuple(cell.strip() for cell in record)
                        if best is None or len(names) > len(best[1]):
                            best = (delimiter, names, number)
                        break
        except csv.Error as error:  # a long header is one endless field to the wrong delimiter
            problem = error
    if best is None and problem is not None:
        raise CensusError(f"{source}: its header can't be read as CSV: {problem}") from problem
    if best is None:
        raise CensusError(f"{source} holds nothing but blank lines.")
    return best


def _refuse_endless_lines(source: Path, path: Path, delimiter: str, columns: int) -> None:
    """Refuse a line with far more columns than the header.

    DuckDB keeps the whole line for each column too many: 3 MB of commas took all memory there is.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        start = 0
        while start < len(data):
            end = data.rfind(b"\n", start, start + _LONG_LINE)
            if end < 0:
                end = data.find(b"\n", start)
                end = len(data) if end < 0 else end
                if data[start:end].count(delimiter.encode()) > columns + _COLUMNS_TOO_MANY:
                    line = data[:start].count(b"\n") + 1
                    raise CensusError(
                        f"{source}: line {line} has more than {columns + _COLUMNS_TOO_MANY} "
                        f"columns, and the header {columns}. Is it one census?"
                    )
            start = end + 1


def _blank_records(source: Path, path: Path, delimiter: str, header: int) -> tuple[int, ...]:
    """Return the numbers of the blank records after the header."""
    if not _may_have_blank_lines(path):
        return ()
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            records = csv.reader(file, delimiter=delimiter)
            return tuple(
                number
                for number, record in enumerate(records, start=1)
                if not record and number > header
            )
    except csv.Error as error:
        raise CensusError(f"{source} can't be read as CSV: {error}") from error


def _may_have_blank_lines(path: Path) -> bool:
    """Return whether two line ends follow each other before the last line with text."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = len(data)
        while end and data[end - 1 : end] in (b"\n", b"\r"):
            end -= 1
        return data.find(b"\n\n", 0, end) >= 0 or data.find(b"\n\r\n", 0, end) >= 0
