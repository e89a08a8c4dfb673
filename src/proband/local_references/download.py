"""Fetching reference files by an address and a SHA-256 that the user gives, in a TOML file of their own.

Nothing is fetched unless ``proband reference get`` is called, and no address or digest comes with proband. Bytes go to
a file beside their final place that is named by the expected digest; a cut connection is taken up where it stopped
(HTTP range requests, RFC 9110 section 14), or from the beginning where the server does not do so. The digest is
computed over all bytes on disk, and only a file that fits gets its name; one that does not is removed.

Cannot see: whether the address and digest are of a source to be trusted: their owner says so.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated, Any, Literal
from urllib.parse import unquote, urlsplit

from pydantic import Field

from proband.border import Strict, parse, read_toml, shown
from proband.core.errors import Problem, ProgramError
from proband.local_references.register import NAME, Record, add, check_name, records

MOST_BYTES = 20_000_000_000
"""Bytes of a file that is fetched, where its owner states no other limit."""
ATTEMPTS = 5
"""Connections in a row that bring nothing before giving up for now."""
_PIECE = 1 << 20
_TIMEOUT = 60.0
_SCHEMES = ("https", "http", "file")
_PLAIN = re.compile(r"[^A-Za-z0-9._-]+")

Tell = Callable[[str], None]


class Part(Strict):
    """One file to fetch: address, SHA-256 of its bytes, and the most bytes that are taken."""

    address: Annotated[str, Field(min_length=1, max_length=2000)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-fA-F]{64}$")]
    most_bytes: Annotated[int, Field(ge=1, le=1_000_000_000_000)] = MOST_BYTES


class Wanted(Strict):
    """A reference to fetch, as the user's file states it."""

    format: Literal[1]
    name: Annotated[str, Field(min_length=1, max_length=64)]
    build: str = ""
    fasta: Part
    gff: Part | None = None


def read_wanted(path: Path) -> Wanted:
    """The user's file; raises ``ProgramError`` with every fault."""
    problems: list[Problem] = []
    raw = read_toml(path, path.name, problems)
    made = parse(Wanted, raw, path.name, "", problems) if raw is not None else None
    if made is not None:
        try:
            check_name(made.name, made.build)
        except ProgramError as fault:
            problems += fault.problems
        for key in ("fasta", "gff"):
            part = getattr(made, key)
            problems += _address_problems(part.address, path.name, f"{key}, key address") if part else []
    if problems or made is None:
        raise ProgramError(problems)
    return made


def _address_problems(address: str, file: str, place: str) -> list[Problem]:
    expected = "https://, http:// or file:/// with a path"
    try:
        parts = urlsplit(address)
        sound = parts.scheme in _SCHEMES and (bool(parts.hostname) != (parts.scheme == "file")) and len(parts.path) > 1
        secret = parts.username is not None or parts.password is not None
    except ValueError:
        sound, secret = False, False
    if secret:
        return [Problem(file, place, "a user name or password", "an address without", "fetch it yourself, then add it")]
    if not sound or not address.isascii() or re.search(r"[\s\x00-\x1f]", address):
        return [Problem(file, place, shown(address), expected, "correct the address")]
    return []


def get(path: Path, *, folder: Path, tell: Tell = lambda _: None, replace: bool = False) -> Record:
    """Fetch the files that a TOML file names, check them, and register them; a digest that differs leaves nothing.

    Raises ``ProgramError`` for faults of the file, the connection, the digest or the fetched files.
    """
    wanted = read_wanted(path)
    if not replace:
        _free(wanted, folder)
    kept, fresh = {}, []
    for key, part in (("fasta", wanted.fasta), ("gff", wanted.gff)):
        if part is not None:
            kept[key], new = fetch(part, folder=folder / "files", tell=tell)
            fresh += [kept[key]] if new else []
    try:
        return add(wanted.name, kept["fasta"], kept.get("gff"), wanted.build, folder=folder, replace=replace)
    except ProgramError:
        for file in fresh:
            shutil.rmtree(file.parent, ignore_errors=True)
        raise


def _free(wanted: Wanted, folder: Path) -> None:
    """Raise before anything is fetched where the name stands for another file already."""
    sha = wanted.fasta.sha256.lower()
    taken = [r for r in records(folder) if (r.name, r.build) == (wanted.name, wanted.build) and r.fasta.sha256 != sha]
    if taken:
        found = f"{taken[0].title} is registered with the file {taken[0].fasta.path}"
        remedy = "choose another name or build, or say --replace"
        raise ProgramError([Problem("reference", taken[0].title, found, "a name and build that is free", remedy)])


def fetch(part: Part, *, folder: Path, tell: Tell = lambda _: None) -> tuple[Path, bool]:
    """The local file of a part, and whether it was fetched now: it is not when the digest was here already.

    Raises ``ProgramError``; what was fetched so far stays for the next call, unless its digest is wrong.
    """
    sha = part.sha256.lower()
    place = folder / sha / _file_name(part.address)
    if place.is_file() and _digest(place) == sha:
        tell(f"{place.name} is here already")
        return place, False
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{sha}.part"
    with _alone(partial, part.address):
        _complete(part, partial, tell)
        found = _digest(partial)
        if found != sha:
            partial.unlink()
            remedy = "correct the digest or the address; after a connection that was cut, run the command once more"
            raise ProgramError([Problem(part.address, "sha256", found, sha, remedy)])
        place.parent.mkdir(exist_ok=True)
        with partial.open("rb") as handle:
            os.fsync(handle.fileno())
        os.replace(partial, place)
    return place, True


def _file_name(address: str) -> str:
    """A harmless name from the end of an address.

    >>> _file_name("https://x.org/a/%2e%2e/g%20v1.fa.gz?x=1"), _file_name("https://x.org/a/..")
    ('g_v1.fa.gz', 'file')
    """
    name = _PLAIN.sub("_", unquote(urlsplit(address).path.rsplit("/", 1)[-1]))[-64:].lstrip("._-")
    return name if NAME.match(name) else "file"


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


@contextmanager
def _alone(partial: Path, address: str) -> Iterator[None]:
    """Hold the partial file against another process that fetches the same; released when the process ends."""
    try:
        import fcntl
    except ImportError:  # a platform without it: the digest still tells a mixed file
        yield
        return
    with partial.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            remedy = "wait until it is done"
            raise ProgramError([Problem(address, "", "another process fetches it", "one at a time", remedy)]) from None
        try:
            yield
        finally:
            partial.with_suffix(".lock").unlink(missing_ok=True)


def _complete(part: Part, partial: Path, tell: Tell) -> None:
    """Bring the partial file to its end, over as many connections as it takes."""
    idle, why = 0, ""
    while idle < ATTEMPTS:
        before = partial.stat().st_size if partial.exists() else 0
        try:
            done = _connection(part, partial, before, tell)
        except urllib.error.HTTPError as fault:
            if fault.code < 500 and fault.code not in (408, 416, 429):
                expected, remedy = "the file", "check the address"
                found = f"HTTP {fault.code}" + (": a redirect that is not followed" if fault.code < 400 else "")
                raise ProgramError([Problem(part.address, "", found, expected, remedy)]) from None
            if fault.code == 416:
                partial.unlink(missing_ok=True)
            done, why = False, f"HTTP {fault.code}"
        except (OSError, http.client.HTTPException) as fault:
            done, why = False, str(getattr(fault, "reason", None) or fault)[:200]
        if done:
            return
        after = partial.stat().st_size if partial.exists() else 0
        idle = 0 if after > before else idle + 1
    held = partial.stat().st_size if partial.exists() else 0
    found = f"{why or 'a connection that was cut'}, after {held} bytes"
    remedy = "run the command again: it goes on from there"
    raise ProgramError([Problem(part.address, "", found, "the whole file", remedy)])


def _connection(part: Part, partial: Path, held: int, tell: Tell) -> bool:
    """Read one answer into the partial file; True where it came to its end."""
    request = urllib.request.Request(part.address, headers={"Accept-Encoding": "identity", "User-Agent": "proband"})
    if held and not part.address.startswith("file:"):
        request.add_header("Range", f"bytes={held}-")
    with _opener().open(request, timeout=_TIMEOUT) as answer:
        start, total = _begins(answer, held)
        if total is not None and total > part.most_bytes:
            _too_large(part, partial, total)
        room = shutil.disk_usage(partial.parent).free
        if total is not None and total - start > room:
            found = f"{room / 1e9:.1f} GB free"
            expected = f"{(total - start) / 1e9:.1f} GB"
            raise ProgramError([Problem(str(partial.parent), "", found, expected, "make room, or set PROBAND_HOME")])
        with partial.open("r+b" if start and partial.exists() else "wb") as out:
            out.seek(start)
            out.truncate()
            if start:
                tell(f"going on after {start:,} bytes")
            size = _copy(answer, out, part, partial, start, total, tell)
    return total is None or size == total


def _copy(
    answer: IO[bytes], out: IO[bytes], part: Part, partial: Path, size: int, total: int | None, tell: Tell
) -> int:
    told = size
    while piece := answer.read(_PIECE):
        size += len(piece)
        if size > part.most_bytes:
            _too_large(part, partial, size)
        out.write(piece)
        if size - told >= 100 * _PIECE:
            told = size
            tell(f"{size:,} of {total:,} bytes" if total else f"{size:,} bytes")
    return size


def _begins(answer: Any, held: int) -> tuple[int, int | None]:
    """Where the bytes of an answer begin in the file, and the length of the whole file where it is told."""
    length = answer.headers.get("Content-Length")
    rest = int(length) if length and length.isascii() and length.isdigit() else None
    if getattr(answer, "status", None) == 206:
        found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.headers.get("Content-Range", "").strip())
        if found is None or int(found[1]) != held:
            raise http.client.HTTPException("a part of the file that was not asked for")
        return held, int(found[2]) if found[2] != "*" else None if rest is None else held + rest
    return 0, rest


def _too_large(part: Part, partial: Path, size: int) -> None:
    partial.unlink(missing_ok=True)
    expected = f"at most {part.most_bytes} bytes"
    remedy = "check the address, or state most_bytes"
    raise ProgramError([Problem(part.address, "", f"{size} bytes or more", expected, remedy)])


class _Careful(urllib.request.HTTPRedirectHandler):
    """Follows redirects within http and https, never from https to http."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        """The request to follow; raises ``ProgramError`` for one that is not followed."""
        before, after = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if after not in ("http", "https") or (before, after) == ("https", "http"):
            found = f"a redirect to {shown(newurl[:200])}"
            remedy = "give the final address, if you trust it"
            raise ProgramError([Problem(req.full_url, "", found, "an address that stays safe", remedy)])
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    opener = urllib.request.OpenerDirector()
    handlers = (
        urllib.request.ProxyHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler,
        urllib.request.HTTPDefaultErrorHandler, urllib.request.HTTPErrorProcessor, urllib.request.FileHandler, _Careful,
    )  # fmt: skip
    for handler in handlers:
        opener.add_handler(handler())
    return opener
