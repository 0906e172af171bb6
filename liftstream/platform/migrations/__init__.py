"""How the tables came to be, step by step; `database.open_database` takes every step that is missing."""
