"""Text to vectors. This room knows no Django, no database and no documents."""
