"""A small program folder with RNA results and tables of engagement, as texts that a test may change."""

PROGRAM = """\
format = 1
id = "rna-test"
stage = "treated"
modality = "{modality}"
mechanism = "dominant_negative"

[[patient]]
id = "p1"
"""


def star(upstream, downstream, skipped, cryptic=0):
    """Junctions of the event of `SPLICING` as STAR writes them: introns 1-based, strand 1, unique reads in column 7."""
    rows = [(101, 200, upstream), (251, 400, downstream), (101, 400, skipped), (101, 215, cryptic)]
    return "".join(f"c1\t{a}\t{b}\t1\t1\t1\t{n}\t0\t40\n" for a, b, n in rows if n)


HEAD = 'biological_replicates = {biological}\nsource = "report 1"\nplace = "{place}"\n'


def head(place="patient_target_tissue", biological="true", **keys):
    own = {"cells": '"fibroblasts"'} if place.endswith("_cells") else {}
    own |= {"carries_variant": "true"} if place == "engineered_cells" else {}
    lines = "".join(f"{k} = {v}\n" for k, v in {**own, **keys}.items())
    return HEAD.format(place=place, biological=biological) + lines


def splicing(treated, control, place="patient_target_tissue", biological="true", **keys):
    """The sheet and its junction tables, from junction counts of each replicate of either arm."""
    files, samples = {}, []
    for arm, members in (("treated", treated), ("control", control)):
        for i, counts in enumerate(members, start=1):
            name = f"{arm}{i}.tab"
            files[f"rna/{name}"] = star(*counts)
            samples.append(f'{{ arm = "{arm}", replicate = "{arm[0]}{i}", file = "{name}", form = "star" }}')
    block = (
        "[[splicing]]\nid = 'exon'\n" + head(place, biological, **keys) + 'expected_form = "inclusion"\n'
        'event = { contig = "c1", strand = "+", upstream_end = 100, exon = [201, 250], downstream_start = 401 }\n'
        f"read_length = 100\nanchor = 8\nsample = [{', '.join(samples)}]\n"
    )
    return {"rna/assays.toml": "format = 1\n" + block, **files}


TREATED, CONTROL = [(60, 58, 40), (55, 50, 45), (62, 66, 38)], [(5, 4, 95), (4, 5, 96), (6, 4, 94)]


def ct(treated, control, gene="G", reference="R"):
    """A table of threshold cycles: one target and one reference well a replicate."""
    rows = ["gene,arm,replicate,well,ct"]
    for arm, members in (("treated", treated), ("control", control)):
        for i, (target, other) in enumerate(members, start=1):
            rows += [f"{gene},{arm},r{i},A{i},{target}", f"{reference},{arm},r{i},B{i},{other}"]
    return "\n".join(rows) + "\n"


DOWN = ct([(26.0, 20.0), (26.3, 20.1), (26.2, 20.0)], [(24.0, 20.0), (24.2, 20.1), (23.9, 20.0)])
FLAT = ct([(24.0, 20.0), (24.01, 20.01), (23.99, 20.0)], [(24.0, 20.0), (24.01, 20.0), (24.0, 20.01)])
SOME = ct([(24.4, 20.0), (24.9, 20.1), (24.0, 20.0)], [(24.0, 20.0), (24.3, 20.1), (23.8, 20.0)])


def knockdown(table, place="patient_target_tissue", biological="true", ident="fall", file="ct.csv", **keys):
    block = (
        f"[[knockdown]]\nid = '{ident}'\n" + head(place, biological, **keys) + f'method = "rt_qpcr"\nfile = "{file}"\n'
        'target = "G"\nreferences = ["R"]\nefficiency = { G = 2, R = 1.9 }\ncycles = 40\n'
    )
    return {"rna/assays.toml": "format = 1\n" + block, f"rna/{file}": table}


def counted(method, table, references, place="patient_target_tissue", biological="true"):
    """An assay by digital PCR or RNA-seq."""
    block = "[[knockdown]]\nid = 'fall'\n" + head(place, biological)
    block += f'method = "{method}"\nfile = "counts.csv"\ntarget = "G"\nreferences = {references}\n'
    return {"rna/assays.toml": "format = 1\n" + block, "rna/counts.csv": table}


def allele(treated, control, exposure="clinical", place="patient_cells", biological="true"):
    rows = ["arm,replicate,mutant,normal"]
    for arm, members in (("treated", treated), ("control", control)):
        rows += [f"{arm},r{i},{m},{n}" for i, (m, n) in enumerate(members, start=1)]
    block = "[[allele]]\nid = 'spared'\n" + head(place, biological)
    block += f'site = "rs1"\nexposure = "{exposure}"\nfile = "alleles.csv"\n'
    return {"rna/assays.toml": "format = 1\n" + block, "rna/alleles.csv": "\n".join(rows) + "\n"}


def plate(treated, control):
    """Wells on the line signal = 0.1 + 2 x concentration, two a level; samples by concentration."""
    rows = ["well,kind,name,arm,replicate,concentration,dilution,signal"]
    for i, x in enumerate((0, 1, 2, 4, 8, 16)):
        rows += [f"S{i}{e},standard,,,,{x},,{0.1 + 2 * x + d:.3f}" for e, d in (("a", -0.02), ("b", 0.02))]
    for arm, members in (("treated", treated), ("control", control)):
        for i, x in enumerate(members, start=1):
            rows.append(f"{arm[0]}{i},sample,{arm}{i},{arm},r{i},,1,{0.1 + 2 * x:.3f}")
    return "\n".join(rows) + "\n"


RISE = plate([8.0, 7.4, 9.1], [4.0, 4.3, 3.8])


def protein(table, place="patient_cells", expected="rise", functional="true", ident="enzyme", **keys):
    block = f"[[protein]]\nid = '{ident}'\n" + head(place, **keys)
    block += f'readout = "enzyme activity"\nfunctional = {functional}\nexpected = "{expected}"\nunit = "U/L"\n'
    block += f'curve = "linear"\nspread = "constant"\nfile = "{ident}.csv"\n'
    return {"rna/assays.toml": "format = 1\n" + block, f"rna/{ident}.csv": table}


def doses(rows, effect="knockdown"):
    block = "[[dose_response]]\nid = 'doses'\n" + head("patient_cells")
    block += f'dose_unit = "nmol/L"\neffect = "{effect}"\ncurve = "emax"\nfile = "doses.csv"\n'
    text = "dose,replicate,effect\n" + "".join(f"{d},r{i},{y}\n" for i, (d, y) in enumerate(rows))
    return {"rna/assays.toml": "format = 1\n" + block, "rna/doses.csv": text}


CURVE = [(0, 0.0), (0, 0.02), (1, 0.21), (1, 0.24), (3, 0.4), (3, 0.44), (10, 0.6), (10, 0.57), (30, 0.7), (30, 0.69)]


def together(*parts):
    """Several assays in one folder."""
    made = {}
    sheet = "format = 1\n"
    for part in parts:
        sheet += part["rna/assays.toml"].removeprefix("format = 1\n")
        made |= part
    return {**made, "rna/assays.toml": sheet}


COURSE = "sample,subject,phase,day,place,readout,edited,depth,molecules,source\n"
BLANKS = "k1,,blank,,,edit,2,20000,9000,run 1\nk2,,blank,,,edit,1,20000,9000,run 1\n"


def course(*rows, blanks=BLANKS, place="patient_target_tissue", molecules=8000):
    """``course.csv`` of p1 from rows of (phase, day, edited, depth)."""
    text = COURSE + blanks
    for i, (phase, day, edited, depth) in enumerate(rows, start=1):
        text += f"s{i},p1,{phase},{day},{place},edit,{edited},{depth},{molecules},biopsy\n"
    return {"engagement/course.csv": text}


PAIRS = [(1.0, 0.1), (2.0, 0.24), (3.0, 0.31), (4.0, 0.52), (5.0, 0.58)]


def surrogate(pairs, origin="other_patients", own=""):
    text = "marker,subject,from,surrogate,tissue,source\n"
    text += "".join(f"glutamine,o{i},{origin},{x},{y},paper\n" for i, (x, y) in enumerate(pairs))
    return {"engagement/surrogate.csv": text + own}


def write(folder, files, modality="splice_switching"):
    """A program folder with these files; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in {"program.toml": PROGRAM.format(modality=modality), **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
