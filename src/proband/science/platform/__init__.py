"""Versions of one platform: what differs between them, which evidence may be leaned on, and who may enter a trial."""
