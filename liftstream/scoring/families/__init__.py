"""Model families, a file or a folder each; `registry` knows them all."""
