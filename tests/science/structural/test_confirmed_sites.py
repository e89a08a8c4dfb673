"""Which sites of a verification must stand in the table of loci, by name and by place."""

import pytest

from proband.core.evidence import Evidence, Members, Origin, Scope, Subject
from proband.core.provenance import Provenance
from proband.core.quantity import Quantity
from proband.science.stats.posterior import proportion
from proband.science.structural.confirmed_sites import disagreements, open_sites, site_places
from proband.science.structural.locus import Locus

LOCI = (
    Locus("target", 400, (200,), contig="chr1", start=5000, on_target=True),
    Locus("OT1", 400, (200,), contig="chr2", start=1000),
)


def line(subject, net=None, *, kind="off_target.verification", where="liver", origin=Origin.REPORTED, **more):
    more.setdefault("quantities", {} if net is None else {"net_conversion": net})
    return Evidence(
        kind=kind,
        statement="x",
        subject=Subject("program" if subject == "panel" else "site", subject),
        origin=origin,
        scope=Scope(where=where, how="x"),
        provenance=Provenance("x", 1, "", {}, (), {}, (), 0, {}),
        **more,
    )


def names(*lines, places=None):
    made, _ = open_sites(lines, places or {}, LOCI)
    return [x.name for x in made]


def test_without_verification_the_confirmed_sites_are_not_known():
    assert names() == names(line("OT1", kind="off_target.nomination")) == ["confirmed sites"]


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        (None, ["OT2"]),
        (proportion(12, 10_000), ["OT2"]),
        (proportion(0, 10_000), []),
        (Quantity.bound(0.001, "fraction", side="upper", level=0.95), []),
        (Quantity.point(0.01, "fraction"), ["OT2"]),
        (Quantity.confidence(0.001, -0.001, 0.003, 0.95, "fraction"), []),
    ],
)
def test_a_confirmed_site_without_locus_is_open(net, expected):
    assert names(line("OT2", net)) == expected


def test_a_call_of_the_panel_counts_whatever_its_interval():
    net = Quantity.confidence(0.001, 0.0, 0.003, 0.95, "fraction")
    assert names(line("OT2", net, origin=Origin.COMPUTED)) == ["OT2"]
    assert names(line("OT2.haplotype2", net, origin=Origin.COMPUTED)) == ["OT2"]
    assert names(line("OT1.haplotype2", net, origin=Origin.COMPUTED)) == []


def test_names_and_places_are_both_the_same_site():
    assert names(line("OT1")) == names(line("target")) == []
    assert names(line("x", where="chr2:1,201 of the genome")) == []
    assert names(line("2:1201")) == names(line("chr2:1001")) == names(line("chr2:1401")) == []
    assert names(line("chr2:1601")) == ["chr2:1601"]
    assert names(line("chr3:1201")) == ["chr3:1201"]
    # The target itself is no site with which it can be joined.
    assert names(line("chr1:5201")) == ["chr1:5201"]
    assert names(line("x"), places={"x": ("2", 1150, 1320)}) == []
    assert names(line("x"), places={"x": ("2", 1201, 1320)}) == ["x"]


def test_sites_without_answer_and_without_name_are_open():
    tested = {"tested_sites": Members(("OT1",), ("OT3",), ("OT4",))}
    assert names(line("panel", facts=tested)) == ["OT3", "OT4"]
    assert names(line("panel", facts={"tested_sites": Members((), (), ("OT1",))})) == []
    many = line("panel", quantities={"called_count": Quantity.exact(2, "count")})
    assert names(many, line("OT1")) == ["unnamed sites"]
    assert names(many, line("OT1"), line("chr2:1201")) == []


def test_places_of_a_table_and_loci_that_lie_elsewhere(tmp_path):
    table = tmp_path / "sites.csv"
    table.write_text(f"site,amplicon,contig,start\nOT1,{'ACGT' * 50},2,1101\nOT2,{'ACGT' * 50},,\n")
    places = site_places(table)
    assert places == {"OT1": ("2", 1100, 1300)}
    assert disagreements(places, LOCI) == []
    (wrong,) = disagreements({"OT1": ("2", 2100, 2300)}, LOCI)
    assert "chr2:1200" in wrong.found
    assert "2:2101-2300" in wrong.expected
    table.write_text("no table")
    assert site_places(table) == site_places(None) == {}
