"""The online part: topics, windowed table, decision, commit, and the Faust application that wires them."""
