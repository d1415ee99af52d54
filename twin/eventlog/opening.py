"""What kind of file a log is, found from its first bytes."""

from __future__ import annotations

import codecs
from pathlib import Path

from twin.calibrate.errors import LogError
from twin.columns import read_bytes
from twin.errors import RuleError, shown, shown_path
from twin.eventlog.files import LogFile

__all__ = ["open_log"]

LARGEST = 2_000_000_000
_BLOCK = 1 << 24
_GZIP, _PARQUET, _ZIP = b"\x1f\x8b", b"PAR1", b"PK\x03\x04"
_DELIMITERS = ",;\t|"
_ARCHIVE = "unpack the archive, and give the file in it"


def open_log(path: str | Path) -> LogFile:
    """Opens a log.

    Args:
        path: a CSV file (comma, semicolon, tab or bar; UTF-8, UTF-16 or Latin-1; plain or gzip), Parquet or XES; what
            it is, its content says, not its name.

    Returns:
        The log, with the names of its columns.

    Raises:
        LogError: when it is missing, empty, binary, or has a single column.
    """
    path = Path(path)
    try:
        content = read_bytes(path, LARGEST)
    except RuleError as error:
        subject = error.subject or ""
        if subject.endswith("does not exist"):
            subject = f"{shown_path(path.name)[1:-1]}: there is no such file"
        raise LogError(f"{subject}; {error.rule}. {error.remedy}.") from None
    file = _kind(path, content)
    if file.kind != "xes" and len(file.columns) < 2:  # one column holds no event
        only = shown(file.columns[0]) if file.columns else "nothing"
        rule = f"row 1 has a single column, {only}; a log has at least two"
        raise LogError(f"{file.name}: {rule}. Separate columns by commas, semicolons or tabs.")
    return file


def _kind(path: Path, content: bytes) -> LogFile:
    """What a file is, by its first bytes."""
    name = shown_path(path.name)[1:-1]
    if content[:4] == _PARQUET:
        return LogFile(path, content, "parquet")
    if content[:4] == _ZIP:
        rule = "is an archive or a spreadsheet, and a log is a table of text, Parquet or XES"
        raise LogError(f"{name} {rule}. Save the sheet as CSV; {_ARCHIVE}.")
    zipped = content[:2] == _GZIP
    head = _unzipped(name, content) if zipped else content[:65536]
    if not head.strip():
        raise LogError(f"{name} is empty; a log needs a header and rows. Export it again.")
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding, text = "utf-16", head[: len(head) // 2 * 2].decode("utf-16", errors="replace")
    else:
        encoding, text = _encoding(head if zipped else content), head.decode("utf-8-sig", errors="replace")
    if "\x00" in text:
        raise LogError(f"{name} is a binary file; a log is a table of text, Parquet or XES. Export it as CSV.")
    start = text.lstrip()[:2000]
    if start.startswith("<"):
        if "<log" in start:
            return LogFile(path, content, "xes")
        raise LogError(f"{name} is XML, but no XES log: it has no <log>. Export it as XES or CSV.")
    if start[0] in "{[":
        raise LogError(f"{name} is JSON; a log is a table. Export it as CSV, Parquet or XES.")
    line = text.lstrip("\r\n").split("\n", 1)[0]
    if not zipped and b"\n" not in content and b"\r" not in content:
        content += "\n".encode("utf-16-le" if encoding == "utf-16" else encoding)  # else a header alone cannot be read
    return LogFile(path, content, "csv", zipped, encoding, max(_DELIMITERS, key=line.count))


def _unzipped(name: str, content: bytes) -> bytes:
    """The first bytes of a compressed file."""
    import zlib  # noqa: PLC0415  only here

    stream = zlib.decompressobj(wbits=31)
    try:
        head = stream.decompress(content, 65536)
        if not head and not stream.eof:
            raise LogError(f"{name} is a gzip file that was cut off; a log must be whole. Copy it again.")
        return head
    except zlib.error as error:
        raise LogError(f"{name} is a damaged gzip file ({error}); a log must be whole. Copy it again.") from None


def _encoding(content: bytes) -> str:
    """UTF-8 where the text is, else Latin-1, which any text is."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for first in range(0, len(content), _BLOCK):
            decoder.decode(content[first : first + _BLOCK])
    except UnicodeDecodeError:
        return "latin-1"
    return "utf8"
