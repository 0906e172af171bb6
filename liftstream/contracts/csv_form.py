"""How a table was saved: a CSV file by its beginning (encoding, the mark between its cells, the decimal mark), a Parquet
table in one file or in several."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, cast

from liftstream.contracts.errors import InputError
from liftstream.contracts.typed_numbers import THOUSANDS

DELIMITERS: Final = ",;\t|"
BYTES_LOOKED_AT: Final = 2**18
BYTE_ORDER_MARKS: Final = (
    (b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"),
)  # fmt: skip
GZIPPED: Final = b"\x1f\x8b"
OTHER_FORMATS: Final = {
    b"PK\x03\x04": "an Excel workbook or a zip archive; save the sheet as CSV",
    b"\xd0\xcf\x11\xe0": "an Excel workbook; save the sheet as CSV",
    b"PAR1": "a Parquet file; let its name end in .parquet",
}
"""What files are that begin so, and what to do with them."""
COMMA: Final = re.compile(r"\s*[-+]?\d+,\d+\s*")
POINT: Final = re.compile(r"\s*[-+]?\d+\.\d+\s*")
NUMBER: Final = re.compile(r"\s*[-+]?\d+(?:,\d+)?\s*")


class CsvForm(NamedTuple):
    """How to read a file.

    Attributes:
        encoding: the encoding of its text.
        delimiter: between its cells.
        decimal: the mark of decimals in its numbers.
        lines_before: the header; 1 where a spreadsheet wrote `sep=;`.
    """

    encoding: str = "utf-8-sig"
    delimiter: str = ","
    decimal: str = "."
    lines_before: int = 0


def open_csv(file: Path) -> IO[bytes]:
    """The bytes of a file, unpacked if it is gzipped."""
    with file.open("rb") as packed:
        is_gzipped = packed.read(2) == GZIPPED
    return cast(IO[bytes], gzip.open(file) if is_gzipped else file.open("rb"))


def unpacked(content: IO[bytes]) -> Any:
    """What a pipe brings, unpacked if it is gzipped; one can `peek` into it."""
    found = content if hasattr(content, "peek") else io.BufferedReader(cast(io.RawIOBase, content))
    return gzip.open(found) if found.peek(2)[:2] == GZIPPED else found


def form_of(file: Path) -> CsvForm:
    """How a file was saved; a comma is the decimal mark where it does not separate the cells.

    Raises:
        OSError: the file cannot be read.
        InputError: it is no CSV.
    """
    try:
        with open_csv(file) as content:
            head = content.read(BYTES_LOOKED_AT)
    except (EOFError, zlib.error) as error:
        raise InputError(f"{file}: cannot be unpacked: {error}") from None
    return form_of_head(str(file), head)


def form_of_head(name: str, head: bytes) -> CsvForm:
    """How a file of this name was saved that begins so.

    Raises:
        InputError: it is no CSV.
    """
    refuse_other_formats(name, head)
    encoding = encoding_of(head) or "utf-8-sig"
    text, said = said_delimiter(head.decode(encoding, errors="ignore"))
    delimiter = said or delimiter_of(text)
    return CsvForm(encoding, delimiter, _decimal_of(text, delimiter), int(said is not None))


def parquet_parts(table: Path) -> list[Path]:
    """The files of a Parquet table: itself, or those in a folder of its name, in their order, as Spark and Dask write it.

    Names that begin with `_` or `.` are not of the table: marks of success, or writes that were broken off.

    Raises:
        InputError: the folder has none.
    """
    if not table.is_dir():
        return [table]
    found = sorted(
        part
        for part in table.rglob("*.parquet")
        if part.is_file() and not any(name.startswith(("_", ".")) for name in part.relative_to(table).parts)
    )
    if not found:
        raise InputError(
            f"{table}: a folder without Parquet files; accepted: a table, or a folder of its parts"
        )
    return found


def read_parquet(table: Path, columns: Sequence[str]) -> Any:
    """Some columns of a Parquet table, of all its files, as a table of Arrow.

    Raises:
        InputError: its files do not fit together; the message says where.
    """
    from pyarrow import ArrowException, concat_tables

    parts = [_read_part(part, columns) for part in parquet_parts(table)]
    try:
        return concat_tables(parts, promote_options="permissive")
    except ArrowException as error:
        raise InputError(
            f"{table}: its files do not fit together: {error}; write a column with one type in all of them"
        ) from None


def _read_part(file: Path, columns: Sequence[str]) -> Any:
    from pyarrow import parquet

    with parquet.ParquetFile(file) as part:
        check_part(part.schema_arrow.names, columns, file)
        return part.read(columns=list(columns))


def check_part(header: Sequence[str], columns: Sequence[str], name: Path) -> None:
    """Checks that one of the files of a Parquet table has the columns that the first one has.

    Raises:
        InputError: one is missing.
    """
    for column in columns:
        if column not in header:
            raise InputError(f"{name}: no column {column!r}; all files of a table have the same columns")


def refuse_other_formats(name: str, head: bytes) -> None:
    """Refuses what is no text.

    Raises:
        InputError: the first bytes are those of another format; the message says what to do.
    """
    found = next((told for mark, told in OTHER_FORMATS.items() if head.startswith(mark)), None)
    if found is not None and name.endswith(".parquet"):
        found = "a Parquet file; only CSV is read here: save the table as CSV"
    if found is not None:
        raise InputError(f"{name}: is {found}")


def not_text(name: object, error: UnicodeDecodeError) -> InputError:
    """The error of a file whose bytes are not text in the encoding that its beginning shows."""
    encoding = error.encoding.upper()
    return InputError(
        f"{name}: not {encoding}: {error.reason} at byte {error.start:,}; save it as CSV in UTF-8"
    )


def encoding_of(head: bytes) -> str | None:
    """The encoding that the first bytes show; None where they do not, as in UTF-8 and Latin-1."""
    marked = next((known for mark, known in BYTE_ORDER_MARKS if head.startswith(mark)), None)
    if marked is None and head[:400].count(b"\0") > len(head[:400]) // 4:
        return "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
    return marked


def said_delimiter(text: str) -> tuple[str, str | None]:
    """The text below a first line `sep=;`, as spreadsheets write it, and that mark."""
    said = re.match(r"(?i)sep=(.)\r?\n", text)
    return (text[said.end() :], said.group(1)) if said else (text, None)


def delimiter_of(text: str) -> str:
    """The mark that the first line has most of, outside of quotes."""
    header = re.sub(r'"[^"]*"', "", text.lstrip("\r\n").partition("\n")[0])
    best = max(DELIMITERS, key=header.count)
    return best if header.count(best) else ","


def _decimal_of(text: str, delimiter: str) -> str:
    if delimiter == ",":
        return "."
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]
    commas = [cell.strip() for cell in cells if COMMA.fullmatch(cell)]
    doubtful = all(THOUSANDS.fullmatch(cell) for cell in commas)
    return "." if doubtful or any(POINT.fullmatch(cell) for cell in cells) else ","


def with_points(cells: Sequence[Any]) -> Sequence[Any]:
    """The cells of a column with points for decimal commas, if all of them are numbers and at least one of the commas
    cannot mean a thousand.

    >>> with_points(["0,5", None, "12"]), with_points(["1,234"]), with_points(["a,b"])
    (['0.5', None, '12'], ['1,234'], ['a,b'])
    """
    filled = [cell for cell in cells if isinstance(cell, str) and cell]
    commas = [cell.strip() for cell in filled if COMMA.fullmatch(cell)]
    if all(THOUSANDS.fullmatch(cell) for cell in commas) or not all(map(NUMBER.fullmatch, filled)):
        return cells
    return [cell.replace(",", ".") if isinstance(cell, str) else cell for cell in cells]
