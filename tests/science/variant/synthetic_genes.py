"""Synthetic genes on both strands and a naive reading of them, written without the package's own mapping code.

All sequence here is random or composed for the test; none is human.
"""

import random

from proband.science.sequence.annotation import TranscriptRecord
from proband.science.sequence.build import build_transcripts
from proband.science.sequence.genome import genome_of
from proband.science.variant.hgvs import Nomenclature

PAIR = {"A": "T", "C": "G", "G": "C", "T": "A", "N": "N"}
RESIDUES = {
    "Phe": "TTT TTC", "Leu": "TTA TTG CTT CTC CTA CTG", "Ile": "ATT ATC ATA", "Met": "ATG", "Val": "GTT GTC GTA GTG",
    "Ser": "TCT TCC TCA TCG AGT AGC", "Pro": "CCT CCC CCA CCG", "Thr": "ACT ACC ACA ACG", "Ala": "GCT GCC GCA GCG",
    "Tyr": "TAT TAC", "Ter": "TAA TAG TGA", "His": "CAT CAC", "Gln": "CAA CAG", "Asn": "AAT AAC", "Lys": "AAA AAG",
    "Asp": "GAT GAC", "Glu": "GAA GAG", "Cys": "TGT TGC", "Trp": "TGG", "Arg": "CGT CGC CGA CGG AGA AGG",
    "Gly": "GGT GGC GGA GGG",
}  # fmt: skip
CODON = {codon: name for name, codons in RESIDUES.items() for codon in codons.split()}


def other_strand(bases):
    return "".join(PAIR[b] for b in reversed(bases))


class Gene:
    """One gene written 5' to 3' as pieces; `parts` alternate exon and intron. `utr` are the exonic bases around."""

    def __init__(self, parts, utr, before="TTGACCATGA", after="CCGTTAGCAT", strand="+", name="T1", gene="G1"):
        self.strand, self.name, self.gene = strand, name, gene
        text, self.exons = before, []
        for i, part in enumerate(parts):
            if i % 2 == 0:
                self.exons.append((len(text), len(text) + len(part)))
            text += part
        text += after
        self.size, self.text = len(text), text
        order = [p for s, e in self.exons for p in range(s, e)]
        self.spliced_at = order
        self.coding_at = order[utr[0] : len(order) - utr[1]]

    def genomic(self, p):
        """Genomic position of a position of the 5' to 3' text."""
        return p if self.strand == "+" else self.size - 1 - p

    def base_on_genome(self, base):
        return base if self.strand == "+" else PAIR[base]

    def contig(self):
        return self.text if self.strand == "+" else other_strand(self.text)

    def record(self):
        def turned(intervals):
            if self.strand == "+":
                return tuple(intervals)
            return tuple(sorted((self.size - e, self.size - s) for s, e in intervals))

        low, high = self.coding_at[0], self.coding_at[-1] + 1
        coding = [(max(s, low), min(e, high)) for s, e in self.exons if s < high and e > low]
        cds = tuple((s, e, None) for s, e in turned(coding))
        return TranscriptRecord(self.name, "c1", self.strand, turned(self.exons), cds, gene=self.gene)

    def nomenclature(self):
        genome = genome_of({"c1": self.contig()}, build="synthetic")
        return Nomenclature(genome, build_transcripts([self.record()], genome))

    # ---- the naive reading

    def number(self, p):
        """c. number of a position of the text, by walking."""
        if p in self.coding_at:
            return str(self.coding_at.index(p) + 1)
        if p in self.spliced_at:
            at, first = self.spliced_at.index(p), self.spliced_at.index(self.coding_at[0])
            return str(at - first) if at < first else f"*{at - first - len(self.coding_at) + 1}"
        left = next(d for d in range(1, 10_000) if p - d in self.spliced_at)
        right = next(d for d in range(1, 10_000) if p + d in self.spliced_at)
        return f"{self.number(p - left)}+{left}" if left <= right else f"{self.number(p + right)}-{right}"

    def protein(self, text=None, removed=(), exon_text=None):
        """Names of residues from the start codon to the first stop, and whether there is one."""
        bases = exon_text or "".join((text or self.text)[p] for p in self.spliced_at)
        bases = bases[self.spliced_at.index(self.coding_at[0]) :]
        names = []
        for i in range(0, len(bases) - 2, 3):
            names.append(CODON[bases[i : i + 3]])
            if names[-1] == "Ter":
                return names, True
        return names, False

    def p_of_substitution(self, index, base):
        """The p. description of one coding substitution, as the nomenclature's rules say, by translating all."""
        if index < 3:
            return "p.(Met1?)"
        at = self.coding_at[index]
        old, _ = self.protein()
        new, ended = self.protein(self.text[:at] + base + self.text[at + 1 :])
        n = index // 3
        if new[n] == old[n]:
            return f"p.({old[n]}{n + 1}=)"
        if old[n] == "Ter":
            return f"p.(Ter{n + 1}{new[n]}extTer{len(new) - len(old) if ended else '?'})"
        return f"p.({old[n]}{n + 1}{new[n]})"


def random_bases(rng, n):
    return "".join(rng.choice("ACGT") for _ in range(n))


def random_coding(rng, codons):
    middle = [c for c in CODON if CODON[c] != "Ter"]
    return "ATG" + "".join(rng.choice(middle) for _ in range(codons - 2)) + rng.choice(["TAA", "TAG", "TGA"])


def random_gene(seed, strand, exons=4, codons=120, tail=60):
    """A gene with UTRs, introns of 40 to 260 bases with usual ends, and exon ends in any phase."""
    rng = random.Random(seed)
    utr = rng.randrange(5, 30), tail
    spliced = random_bases(rng, utr[0]) + random_coding(rng, codons) + random_bases(rng, utr[1])
    cuts = sorted(rng.sample(range(utr[0] + 10, len(spliced) - utr[1] - 10), exons - 1))
    parts = []
    for a, b in zip([0, *cuts], [*cuts, len(spliced)], strict=True):
        parts += [spliced[a:b], "GT" + random_bases(rng, rng.randrange(36, 256)) + "AG"]
    return Gene(parts[:-1], utr, random_bases(rng, 20), random_bases(rng, 20), strand)


def applied(description, residues):
    """Residues (names, the stop included) after a p. description: enough of its grammar for the tests.

    Gives (residues up to what the description states, whether the rest is left open).
    """
    import re

    body = description.removeprefix("p.").strip("()")
    if body == "=" or body.endswith("="):
        return list(residues), False
    names = re.findall(r"[A-Z][a-z]{2}", body)
    ends = re.match(r"([A-Z][a-z]{2})(\d+)(?:_([A-Z][a-z]{2})(\d+))?(.*)", body)
    first, last = int(ends[2]) - 1, int(ends[4] or ends[2]) - 1
    assert residues[first] == ends[1], description
    assert ends[3] is None or residues[last] == ends[3], description
    what = ends[5]
    new = re.findall(r"[A-Z][a-z]{2}", what)
    if "fsTer" in what or "ext" in what:
        count = what.rpartition("Ter")[2]
        length = None if count == "?" else first + int(count) - (0 if "fs" in what else -1)
        return [*residues[:first], names[1]], length
    if what == "del":
        return residues[:first] + residues[last + 1 :], False
    if what == "dup":
        return residues[: last + 1] + residues[first:], False
    if what.startswith("ins"):
        done = residues[: first + 1] + new + residues[last:]
    elif what.startswith("delins"):
        done = residues[:first] + new + residues[last + 1 :]
    else:
        done = residues[:first] + new + residues[first + 1 :]
    return (done[: done.index("Ter") + 1] if "Ter" in done else done), False
