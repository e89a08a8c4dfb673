"""Fetching by address and SHA-256, against a server on the loopback address that this test starts."""

import contextlib
import hashlib
import http.server
import random
import threading
import urllib.request

import pytest

from proband.core.errors import ProgramError
from proband.local_references.download import _Careful, get, read_wanted
from proband.local_references.register import add, records

RNG = random.Random(1)
FASTA = (">c1\n" + "\n".join("".join(RNG.choices("ACGT", k=60)) for _ in range(60_000)) + "\n").encode()
SHA = hashlib.sha256(FASTA).hexdigest()


class Server(http.server.ThreadingHTTPServer):
    """Serves FASTA; `cut` is the number of bytes after which an answer stops, `ranges` whether Range is honoured."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.body, self.cut, self.ranges, self.asked, self.length = FASTA, [], True, [], True
        self.wrong_range = False

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        s = self.server
        s.asked.append((self.path, self.headers.get("Range")))
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        if not self.path.startswith("/g"):
            self.send_error(404)
            return
        start, asked = 0, self.headers.get("Range")
        if asked and s.ranges:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(s.body):
                self.send_error(416)
                return
            self.send_response(206)
            told = start + 1 if s.wrong_range else start
            self.send_header("Content-Range", f"bytes {told}-{len(s.body) - 1}/{len(s.body)}")
        else:
            self.send_response(200)
        if s.length:
            self.send_header("Content-Length", str(len(s.body) - start))
        self.end_headers()
        most = s.cut.pop(0) if s.cut else len(s.body)
        with contextlib.suppress(ConnectionError):
            self.wfile.write(s.body[start : start + most])

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    made = Server()
    thread = threading.Thread(target=made.serve_forever, args=(0.02,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def wanted(tmp_path, address, sha=SHA, more="", name="made"):
    path = tmp_path / "want.toml"
    path.write_text(
        f'format = 1\nname = "{name}"\nbuild = "b1"\n[fasta]\naddress = "{address}"\nsha256 = "{sha}"\n{more}'
    )
    return path


def kept(folder):
    return sorted(p.name for p in (folder / "files").rglob("*") if p.is_file())


def test_fetched_checked_and_registered(tmp_path, server):
    path, folder = wanted(tmp_path, server.address + "/g.fa?x=1"), tmp_path / "home"
    made = get(path, folder=folder)
    assert records(folder) == (made,)
    assert made.fasta.sha256 == SHA
    assert kept(folder) == ["g.fa"]
    get(path, folder=folder)
    assert len(server.asked) == 1  # it was there


def test_a_name_that_is_taken_is_told_before_anything_is_fetched(tmp_path, server):
    folder = tmp_path / "home"
    (tmp_path / "own.fa").write_text(">c1\nACGT\n")
    add("made", tmp_path / "own.fa", None, "b1", folder=folder)
    path = wanted(tmp_path, server.address + "/g.fa")
    with pytest.raises(ProgramError, match="--replace"):
        get(path, folder=folder)
    assert server.asked == []
    assert get(path, folder=folder, replace=True).fasta.sha256 == SHA


def test_a_cut_connection_is_taken_up_where_it_stopped(tmp_path, server):
    server.cut = [1_000_000, 500_000]
    made = get(wanted(tmp_path, server.address + "/g.fa"), folder=tmp_path / "home")
    assert made.fasta.sha256 == SHA
    assert [r for _, r in server.asked] == [None, "bytes=1000000-", "bytes=1500000-"]


def test_a_later_run_goes_on_and_a_server_without_ranges_begins_anew(tmp_path, server):
    folder, path = tmp_path / "home", wanted(tmp_path, server.address + "/g.fa")
    server.cut = [1_000_000, *[0] * 5]
    with pytest.raises(ProgramError, match="after 1000000 bytes"):
        get(path, folder=folder)
    assert records(folder) == ()
    assert [p for p in kept(folder) if p.endswith(".part")] == [f"{SHA}.part"]
    server.ranges = False
    assert get(path, folder=folder).fasta.sha256 == SHA
    assert server.asked[-1][1] == "bytes=1000000-"
    assert kept(folder) == ["g.fa"]


def test_a_wrong_digest_leaves_nothing(tmp_path, server):
    folder = tmp_path / "home"
    with pytest.raises(ProgramError, match=SHA):
        get(wanted(tmp_path, server.address + "/g.fa", sha="0" * 64), folder=folder)
    assert kept(folder) == []
    assert records(folder) == ()


def test_a_file_that_changed_between_two_connections_is_not_kept(tmp_path, server):
    folder, path = tmp_path / "home", wanted(tmp_path, server.address + "/g.fa")
    server.cut = [1_000_000, *[0] * 5]
    with pytest.raises(ProgramError):
        get(path, folder=folder)
    server.body = FASTA.replace(b"ACGT", b"AGGT")
    with pytest.raises(ProgramError, match="sha256"):
        get(path, folder=folder)
    assert kept(folder) == []
    server.body = FASTA
    assert get(path, folder=folder).fasta.sha256 == SHA


def test_a_partial_file_that_is_longer_than_the_whole_begins_anew(tmp_path, server):
    folder = tmp_path / "home"
    (folder / "files").mkdir(parents=True)
    (folder / "files" / f"{SHA}.part").write_bytes(FASTA + b"more")
    assert get(wanted(tmp_path, server.address + "/g.fa"), folder=folder).fasta.sha256 == SHA
    assert [r is not None for _, r in server.asked] == [True, False]


def test_a_part_that_was_not_asked_for_is_not_appended(tmp_path, server):
    server.cut, server.wrong_range = [1_000_000], True
    with pytest.raises(ProgramError, match="not asked for"):
        get(wanted(tmp_path, server.address + "/g.fa"), folder=tmp_path / "home")


@pytest.mark.parametrize("told", [True, False])
def test_the_size_limit_holds_with_and_without_a_stated_length(tmp_path, server, told):
    server.length, folder = told, tmp_path / "home"
    with pytest.raises(ProgramError, match="at most 1000 bytes"):
        get(wanted(tmp_path, server.address + "/g.fa", more="most_bytes = 1000\n"), folder=folder)
    assert kept(folder) == []


def test_errors_of_the_server_and_redirects(tmp_path, server):
    folder = tmp_path / "home"
    with pytest.raises(ProgramError, match="HTTP 404"):
        get(wanted(tmp_path, server.address + "/none"), folder=folder)
    assert get(wanted(tmp_path, server.address + "/to//g.fa"), folder=folder).fasta.sha256 == SHA
    with pytest.raises(ProgramError, match="redirect"):
        get(wanted(tmp_path, f"{server.address}/to/file:///etc/hostname", sha="1" * 64, name="other"), folder=folder)
    assert not [p for p in kept(folder) if p.startswith("1")]


def test_files_of_this_machine_and_files_that_are_no_genome(tmp_path):
    folder, source = tmp_path / "home", tmp_path / "g.fa"
    source.write_bytes(FASTA)
    assert get(wanted(tmp_path, source.as_uri()), folder=folder).fasta.sha256 == SHA
    source.write_text("no genome\n")
    sha = hashlib.sha256(source.read_bytes()).hexdigest()
    with pytest.raises(ProgramError, match="FASTA"):
        get(wanted(tmp_path, source.as_uri(), sha=sha, name="other"), folder=folder)
    assert kept(folder) == ["g.fa"]
    assert [r.name for r in records(folder)] == ["made"]


def test_a_redirect_from_https_to_http_is_not_followed():
    request = urllib.request.Request("https://x.org/g.fa")
    with pytest.raises(ProgramError, match="redirect"):
        _Careful().redirect_request(request, None, 302, "", {}, "http://x.org/g.fa")
    assert _Careful().redirect_request(request, None, 302, "", {}, "https://y.org/g.fa").full_url.endswith("y.org/g.fa")


@pytest.mark.parametrize(
    "address",
    [
        "ftp://x.org/g.fa",
        "g.fa",
        "https://",
        "http://u:p@x.org/g.fa",
        "https://x.org/a b",
        "file://host/g.fa",
        "https://[x",
    ],
)
def test_addresses_that_are_not_taken(tmp_path, address):
    with pytest.raises(ProgramError, match="key address"):
        read_wanted(wanted(tmp_path, address))


def test_all_faults_of_the_file_are_told(tmp_path):
    path = tmp_path / "w.toml"
    path.write_text('format = 1\nname = "a/b"\nurl = "x"\n[fasta]\naddress = "https://x.org/g.fa"\nsha256 = "12"\n')
    with pytest.raises(ProgramError) as told:
        read_wanted(path)
    assert len(told.value.problems) == 2
    path.write_text(f'format = 1\nname = "a/b"\n[fasta]\naddress = "ftp://x"\nsha256 = "{SHA}"\n')
    with pytest.raises(ProgramError) as told:
        read_wanted(path)
    assert len(told.value.problems) == 2


def test_the_command(proband, tmp_path, server):
    path, there = wanted(tmp_path, server.address + "/g.fa"), ("--home", tmp_path / "home")
    assert "made b1: 1 contigs" in proband("reference", "get", path, *there, code=0).stdout
    wrong = wanted(tmp_path, server.address + "/g.fa", sha="0" * 64, name="other")
    assert "sha256" in proband("reference", "get", wrong, *there, code=1).stderr
