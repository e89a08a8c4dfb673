"""Editing design: which guides, pegRNAs and cuts could act on a small change, and why the others could not.

Start with ``haplotype.haplotype_of`` and ``haplotype.correction``, load ``editors.load_editors``, then call
``options.design_options``; each step can also be called alone. ``triage.reachable`` answers for many SNVs.

Cannot see: efficiency, off-targets, delivery, chromatin, RNA structure. Nothing here ranks by a composite score.
"""
