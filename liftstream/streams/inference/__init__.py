"""From records of undescribed topics to a first stream definition with comments; nothing is read here."""
