"""A simulated online cinema: titles in groups, premieres that everybody watches, viewers who stay or leave."""
