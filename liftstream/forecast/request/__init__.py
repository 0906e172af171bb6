"""From a data object (`users sessions products`) to a history, or to the list of everything that is wrong with it."""
