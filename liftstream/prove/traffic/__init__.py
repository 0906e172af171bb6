"""What a scenario sends: clients whose decision is known, records that cannot be read, and the manifest of it all."""
