"""Files of genotypes and tables with a genotype column, read with clear errors."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any, NamedTuple

from gtn_core._reading import read_bounded
from gtn_core.errors import ConfigurationError, DataError, UnknownNameError

GENOTYPE = "genotype"
LARGEST = 50_000_000


class Row(NamedTuple):
    """A genotype as it stands in a file, and the number of its line."""

    line: int
    genotype: str


@dataclass(frozen=True)
class Table:
    """The rows of a CSV file with a header.

    Attributes:
        path: of the file.
        columns: their names.
        rows: of the file, by column.
        lines: their numbers.
    """

    path: Path
    columns: tuple[str, ...]
    rows: list[dict[str, str]]
    lines: list[int]

    def texts(self, column: str) -> list[str]:
        """Return a column.

        Raises:
            UnknownNameError: there is none of that name.
        """
        if column not in self.columns:
            raise UnknownNameError(f"column of {self.path}", column, self.columns)
        return [row[column] for row in self.rows]

    def numbers(self, column: str) -> list[float]:
        """Return a column of numbers, of which -inf is one.

        Raises:
            UnknownNameError: there is none of that name.
            DataError: something in it is no number.
        """
        return [self._number(text, column, line) for text, line in zip(self.texts(column), self.lines, strict=True)]

    def _number(self, text: str, column: str, line: int) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if isnan(value):
            raise DataError(f"{self.path}, line {line}: {column} must be a number; got {text!r:.80}")
        return value


def read_table(path: Path) -> Table:
    """Read a CSV file whose first line names its columns.

    Raises:
        DataError: it cannot be read, or a line has not as many values as the first.
    """
    reader = csv.reader(_text(path).splitlines(keepends=True))
    rows: list[dict[str, str]] = []
    lines: list[int] = []
    columns = tuple(next(_records(reader, path), []))
    for values in _records(reader, path):
        if not values:
            continue
        if len(values) != len(columns):
            raise DataError(f"{path}, line {reader.line_num}: {len(columns)} values are wanted; got {len(values)}")
        rows.append(dict(zip(columns, values, strict=True)))
        lines.append(reader.line_num)
    return Table(path, columns, rows, lines)


def _records(reader: Any, path: Path) -> Iterator[list[str]]:
    try:
        yield from reader
    except csv.Error as error:  # a field without end, a character that no text has
        raise DataError(f"{path}, line {reader.line_num}: {error}") from error


def read_genotypes(path: Path) -> list[Row]:
    """Read a genotype a line, or the column `genotype` of a CSV file; a repeated genotype counts once.

    A file is CSV if its first line has a comma, as no genotype has, or is the column's name, or if its name ends so.

    Raises:
        DataError: it cannot be read, or holds no genotype.
        UnknownNameError: a CSV file without that column.
    """
    lines = _text(path).splitlines()
    first = lines[0].strip() if lines else ""
    if path.suffix.lower() == ".csv" or "," in first or first == GENOTYPE:
        table = read_table(path)
        found = map(Row, table.lines, table.texts(GENOTYPE))
    else:
        found = map(Row, range(1, len(lines) + 1), lines)
    rows: dict[str, Row] = {}
    for row in found:
        if row.genotype.strip():
            rows.setdefault(row.genotype, row)
    if not rows:
        raise DataError(f"{path} holds no genotype; write one a line, or a CSV file with a column {GENOTYPE!r}")
    return list(rows.values())


def _text(path: Path) -> str:
    try:
        return read_bounded(path, LARGEST).decode("utf-8-sig")
    except ConfigurationError as error:
        raise DataError(str(error)) from error
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise DataError(f"{path} cannot be read: {reason}") from error
