"""A hybrid index on Postgres. This package knows documents only by number, and no users."""
