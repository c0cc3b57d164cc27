"""A hybrid index on Postgres. This room knows documents by number only, and no users."""
