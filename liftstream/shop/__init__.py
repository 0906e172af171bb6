"""The simulated shop as a process: its clients come, are enriched and pay, against a broker and a platform."""
