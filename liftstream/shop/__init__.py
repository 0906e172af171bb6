"""A simulated shop whose truth is known: population, sessions, money."""
