"""Where else a guide could act: exact search of a genome, one written semantics of a site, and its completeness."""
