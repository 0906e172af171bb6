"""Tables as people keep them, for commands: CSV of any delimiter, gzipped or not, Parquet, standard input."""
