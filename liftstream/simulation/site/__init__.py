"""A simulated classifieds site: ads, visitors, and what they really want beside an ad; the truth is known."""
