"""A file read once from front to back: regular, hashed on the way, and unchanged at the end."""

from __future__ import annotations

import hashlib
import os
import stat
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NoReturn

from cds.errors import Fault, InputError

#: A gzip file may unfold to this many bytes, and to this many times its size.
GZIP_BYTES, GZIP_RATIO = 64 << 30, 200
MAGIC = {
    b"PK\x03\x04": ("a ZIP or Excel workbook", "Save the sheet as CSV (UTF-8)."),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "Save the sheet as CSV (UTF-8)."),
    b"%PDF": ("a PDF", "Export the table as CSV (UTF-8)."),
    b"BZh": ("a bzip2 archive", "Unpack it first."),
    b"\xfd7zXZ": ("an xz archive", "Unpack it first."),
    b"\x28\xb5\x2f\xfd": ("a zstd archive", "Unpack it first."),
    b"\xff\xff\xff\xff": ("an Arrow stream", "Write it as an Arrow file or as Parquet."),
    b"SQLite": ("a database", "Export the table as CSV (UTF-8)."),
}
GZIP, PARQUET, ARROW = b"\x1f\x8b", b"PAR1", b"ARROW1"


def refuse(place: str, problem: str, remedy: str = "") -> NoReturn:
    """Refuse the whole file for one fault."""
    raise InputError("The cohort file is refused", [Fault(place, problem, remedy)])


class Source:
    """A regular file, opened once and hashed while it is read."""

    def __init__(self, path: Path) -> None:
        """Open the file; InputError if it is missing, unreadable or not a regular file."""
        self.path, self.name = path, path.name
        self._file = _open_regular(path)
        self._before = os.fstat(self._file.fileno())
        self._hash = hashlib.sha256()
        try:
            self.kind = _kind(os.pread(self._file.fileno(), 8, 0), self.name)
        except InputError:
            self.close()
            raise

    def __enter__(self) -> Source:
        """The source itself; it is closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self.close()

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._before.st_size

    @property
    def position(self) -> int:
        """Bytes of the file that were read so far."""
        return self._file.tell()

    @property
    def digest(self) -> str:
        """SHA-256 of the file, once it was read."""
        return self._hash.hexdigest()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def blocks(self, size: int) -> Iterator[bytes]:
        """The content (of a gzip file: unfolded), cut at multiples of `size`."""
        if self.kind != "gzip":
            yield from self._raw(size)
            return
        cap = min(GZIP_BYTES, max(self.size * GZIP_RATIO, 1 << 20))
        block, made = b"", 0
        for plain in self._inflated(size):
            made += len(plain)
            if made > cap:
                refuse(self.name, f"unfolds to more than {cap:,} bytes", "Unpack it and check it.")
            block += plain
            while len(block) >= size:
                yield block[:size]
                block = block[size:]
        if block:
            yield block

    def _raw(self, size: int) -> Iterator[bytes]:
        while block := self._read(size):
            while len(block) < size and (more := self._read(size - len(block))):
                block += more
            self._hash.update(block)
            yield block

    def _read(self, size: int) -> bytes:
        try:
            return self._file.read(size)
        except OSError as error:
            refuse(self.name, f"can't be read: {(error.strerror or 'unknown').lower()}", "Copy it elsewhere.")

    def _inflated(self, size: int) -> Iterator[bytes]:
        inflater = zlib.decompressobj(wbits=31)
        try:
            for piece in self._raw(size):
                while piece and not inflater.eof:
                    yield inflater.decompress(piece, size)
                    piece = inflater.unconsumed_tail
                if inflater.unused_data or (inflater.eof and piece):
                    refuse(self.name, "holds more than one gzip member", "Unpack it first.")
        except zlib.error:
            refuse(self.name, "is not a sound gzip file", "Pack it again.")
        if not inflater.eof:
            refuse(self.name, "is a gzip file that is cut off", "Pack it again.")

    def hash_all(self) -> None:
        """Hash the whole file, for readers that go to and fro in it."""
        for _ in self._raw(1 << 22):
            pass

    def check_unchanged(self) -> None:
        """InputError if the file was changed, moved or removed while it was read."""
        try:
            now = self.path.stat()
        except OSError:
            now = None
        if now is None or _marks(now) != _marks(self._before):
            refuse(self.name, "was changed while it was read", "Run again when nothing writes to it.")


def _marks(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ino


def _open_regular(path: Path) -> BinaryIO:
    try:
        number = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "can't be opened"
        refuse(path.name, problem[0].lower() + problem[1:], "Name a readable file.")
    if not stat.S_ISREG(os.fstat(number).st_mode):
        os.close(number)
        study = (path / "meta_study.txt").exists()
        remedy = (
            f"A study folder is imported first: `cds import cbioportal {path.name}`."
            if study
            else "Name a file."
        )
        refuse(path.name, "is not a regular file", remedy)
    return os.fdopen(number, "rb", buffering=0)


def _kind(head: bytes, name: str) -> str:
    """What the first bytes say the file is; its name is not asked."""
    for magic, (what, remedy) in MAGIC.items():
        if head.startswith(magic):
            refuse(name, f"is {what}, not a table of text", remedy)
    for magic, kind in ((GZIP, "gzip"), (PARQUET, "parquet"), (ARROW, "arrow")):
        if head.startswith(magic):
            return kind
    return "text"
