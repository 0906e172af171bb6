"""From records of topics nobody described to a first stream definition with comments; nothing is read here."""
