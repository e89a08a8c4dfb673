"""The register of references: names, digests, files that change, records that a stranger wrote."""

import gzip
import json
import os
from pathlib import Path

import pytest

from proband.core.errors import ProgramError, ReferenceMissing
from proband.core.program import Reference
from proband.local_references import register
from proband.local_references.register import add, find, home, of_program, one, records, remove, verify
from proband.science.sequence.fasta import open_fasta
from proband.science.sequence.sequence_digest import sequence_digest

GFF = "##gff-version 3\nc1\tx\tmRNA\t1\t8\t.\t+\t.\tID=t1\nc1\tx\texon\t1\t8\t.\t+\t.\tParent=t1\n"


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "g.fa"
    path.write_text(">c1 first\nACGTAC\nGTAC\n>c2\nNNAC\n")
    return path


def test_the_digest_does_not_depend_on_lines_case_or_compression(tmp_path, fasta):
    wanted = sequence_digest(fasta)
    for name, text in (
        ("wide.fa", ">c1\nACGTACGTAC\n>c2\nNNAC\n"),
        ("crlf.fa", ">c1\r\nacgt\r\nacgt\r\nac\r\n>c2\r\nnnac"),
        ("other header.fa", ">c1 second\tx\nACGTAC\nGTAC\n\n>c2 y\nNNAC\n"),
    ):
        (tmp_path / name).write_bytes(text.encode())
        assert sequence_digest(tmp_path / name) == wanted, name
    (tmp_path / "g.fa.gz").write_bytes(gzip.compress(fasta.read_bytes()))
    assert sequence_digest(tmp_path / "g.fa.gz") == wanted
    genome = open_fasta(fasta)
    assert [(c, n, genome.refget(c)) for c, n in genome.contigs.items()] == list(wanted.contigs)
    for text in (">c1\nACGTACGTAC\n>c2\nNNAG\n", ">c1\nACGTACGTAC\n>c3\nNNAC\n", ">c2\nNNAC\n>c1\nACGTACGTAC\n"):
        fasta.write_text(text)
        assert sequence_digest(fasta).digest != wanted.digest


def test_pieces_of_the_reading_change_nothing(tmp_path, fasta, monkeypatch):
    from proband.science.sequence import sequence_digest as module

    long = tmp_path / "long.fa"
    long.write_text(">" + "x" * 50 + " about\nACGT\n" + "ACGTNACGT\n" * 7 + ">b\nAC")
    for path in (fasta, long):
        whole = sequence_digest(path)
        for piece in range(1, 30):
            monkeypatch.setattr(module, "_PIECE", piece)
            assert sequence_digest(path) == whole, piece
        monkeypatch.undo()


def test_add_find_remove(tmp_path, fasta):
    folder = tmp_path / "home"
    (tmp_path / "a.gff3").write_text(GFF)
    made = add("GRCh38", fasta, tmp_path / "a.gff3", "p14", folder=folder)
    assert records(folder) == (made,)
    assert add("GRCh38", fasta, tmp_path / "a.gff3", "p14", folder=folder) == made
    assert find("GRCh38", "p14", made.digest, folder=folder) == made
    assert Path(made.fasta.path).is_absolute()
    assert remove("GRCh38", None, folder=folder) == made
    assert records(folder) == ()
    assert fasta.is_file()
    with pytest.raises(ReferenceMissing, match="proband reference add GRCh38 --fasta FILE --build p14"):
        find("GRCh38", "p14", folder=folder)


def test_two_builds_of_one_name_must_be_told_apart(tmp_path, fasta):
    folder = tmp_path / "home"
    first = add("human", fasta, None, "37", folder=folder)
    fasta.write_text(">c1\nACGT\n")
    second = add("human", fasta, None, "38", folder=folder)
    assert first.digest != second.digest
    with pytest.raises(ReferenceMissing, match="builds 37, 38"):
        one("human", None, folder=folder)
    assert one("human", "38", folder=folder) == second
    with pytest.raises(ReferenceMissing, match="builds 37, 38"):
        find("human", "39", folder=folder)
    with pytest.raises(ReferenceMissing, match="a file that changed"):
        find("human", "37", folder=folder)


def test_a_taken_name_is_not_given_to_other_bytes(tmp_path, fasta):
    folder = tmp_path / "home"
    old = add("g", fasta, None, "", folder=folder)
    fasta.write_text(">c1\nACGG\n")
    with pytest.raises(ProgramError, match=f"sequence digest of g was {old.digest[:12]}"):
        add("g", fasta, None, "", folder=folder)
    assert one("g", None, folder=folder) == old
    assert add("g", fasta, None, "", folder=folder, replace=True).digest != old.digest


def test_missing_and_changed_files_say_what_to_do(tmp_path, fasta):
    folder = tmp_path / "home"
    made = add("g", fasta, None, "b1", folder=folder)
    text = fasta.read_text()
    fasta.write_text(text.replace("GTAC", "GTAG"))
    for ask in (lambda: find("g", "b1", folder=folder), lambda: find("g", "b1", made.digest, folder=folder)):
        with pytest.raises(ReferenceMissing, match="proband reference add g --fasta FILE --build b1 --replace"):
            ask()
    fasta.unlink()
    with pytest.raises(ReferenceMissing, match="no such file"):
        find("g", "b1", folder=folder)
    fasta.write_text(text)  # another time of change, the same bytes
    assert find("g", "b1", folder=folder) == made


def test_only_verify_sees_a_change_that_keeps_size_and_time(tmp_path, fasta):
    folder = tmp_path / "home"
    made = add("g", fasta, None, "", folder=folder)
    fasta.write_text(fasta.read_text().replace("GTAC", "GTAG"))
    os.utime(fasta, ns=(made.fasta.changed, made.fasta.changed))
    assert find("g", None, folder=folder) == made
    assert [p.found for p in verify(made)] == ["a file that changed"]


def test_a_digest_of_the_file_is_not_taken_for_that_of_the_sequence(tmp_path, fasta):
    folder = tmp_path / "home"
    made = add("g", fasta, None, "", folder=folder)
    with pytest.raises(ReferenceMissing, match=f"a program names the sequence digest: {made.digest}"):
        find("g", None, made.fasta.sha256, folder=folder)
    with pytest.raises(ReferenceMissing, match="register the file that the program used"):
        find("g", None, "0" * 64, folder=folder)


def test_all_references_of_a_program_are_looked_up_and_all_faults_told(tmp_path, fasta):
    folder = tmp_path / "home"
    made = add("g", fasta, None, "b1", folder=folder)
    named = Reference("g", "b1", made.digest)
    assert of_program([named], folder=folder) == {("g", "b1"): made}
    with pytest.raises(ReferenceMissing) as told:
        of_program([named, Reference("g", "b1", "0" * 64), Reference("h", "b1", made.digest)], folder=folder)
    assert len(told.value.problems) == 2


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "", "a" * 65, "a\nb", "a@b", "-x", "g\u202e"])
def test_names_that_could_leave_the_folder_are_refused(tmp_path, fasta, name):
    with pytest.raises(ProgramError, match="letters, digits"):
        add(name, fasta, None, "", folder=tmp_path / "home")
    with pytest.raises(ProgramError, match="letters, digits"):
        add("g", fasta, None, name or "/", folder=tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_faulty_files_leave_no_name(tmp_path, fasta):
    folder = tmp_path / "home"
    gff = tmp_path / "a.gff3"
    for text, said in (("c1\tx\tgene\t1\t8\t.\t+\t.\tID=g\n", "no transcript"), (GFF.replace("c1", "chr1"), "c1")):
        gff.write_text(text)
        with pytest.raises(ProgramError, match=said):
            add("g", fasta, gff, "", folder=folder)
    fasta.write_text(">c1\nACGU\n")
    with pytest.raises(ProgramError, match="U"):
        add("g", fasta, None, "", folder=folder)
    with pytest.raises(ProgramError, match="check the path"):
        add("g", tmp_path / "none.fa", None, "", folder=folder)
    (tmp_path / "cut.fa.gz").write_bytes(gzip.compress(b">c1\n" + b"ACGT" * 500)[:-9])
    with pytest.raises(ProgramError, match="copy the file again"):
        add("g", tmp_path / "cut.fa.gz", None, "", folder=folder)
    assert records(folder) == ()


def test_a_stale_index_and_foreign_letters_behind_an_index_are_found(tmp_path, fasta):
    (tmp_path / "g.fa.fai").write_text("c1\t10\t10\t6\t7\nc2\t3\t26\t4\t5\n")
    with pytest.raises(ProgramError, match=r"g\.fa\.fai"):
        add("g", fasta, None, "", folder=tmp_path / "home")
    fasta.write_text(">c1\nACGTAC\nGT*C\n")
    (tmp_path / "g.fa.fai").write_text("c1\t10\t4\t6\t7\n")
    with pytest.raises(ProgramError, match=r"'\*' in contig c1"):
        add("g", fasta, None, "", folder=tmp_path / "home")


def test_a_record_of_a_stranger_is_an_error_that_names_its_file(tmp_path, fasta):
    folder = tmp_path / "home"
    add("g", fasta, None, "", folder=folder)
    place = folder / "references" / "g.json"
    sound = json.loads(place.read_text())
    hostile = [
        {**sound, "name": "../x"},
        {**sound, "format": 2},
        {**sound, "digest": "x"},
        [],
        {**sound, "fasta": None},
    ]
    hostile.append({**sound, "fasta": {**sound["fasta"], "path": "relative.fa"}})
    for raw in hostile:
        place.write_text(json.dumps(raw))
        with pytest.raises(ProgramError, match=r"g\.json"):
            records(folder)
    place.write_text("{")
    with pytest.raises(ProgramError, match="delete this file"):
        find("g", None, folder=folder)


def test_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("PROBAND_HOME", str(tmp_path / "own"))
    assert home() == tmp_path / "own"
    assert home(tmp_path / "given") == tmp_path / "given"
    monkeypatch.delenv("PROBAND_HOME")
    monkeypatch.setattr(register.sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert home() == tmp_path / "data" / "proband"


def test_the_commands(proband, tmp_path, fasta):
    there = ("--home", tmp_path / "home")
    assert "No reference" in proband("reference", "list", *there, code=0).stdout
    made = proband("reference", "add", "g", "--fasta", fasta, "--build", "b1", *there, "--format", "json", code=0)
    assert json.loads(made.stdout)["digest"] == sequence_digest(fasta).digest
    assert "b1" in proband("reference", "list", *there, code=0).stdout
    assert "1 reference as registered" in proband("reference", "verify", *there, code=0).stdout
    fasta.write_text(">c1\nA\n")
    assert "a file that changed" in proband("reference", "verify", *there, code=1).stderr
    assert "did you mean g" in proband("reference", "remove", "gg", *there, code=1).stderr
    assert "forgot g b1" in proband("reference", "remove", "g", *there, code=0).stdout
