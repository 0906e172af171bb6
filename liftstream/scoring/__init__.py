"""PMML document -> vectorised scorer; one file per model family."""
