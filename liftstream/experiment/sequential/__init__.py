"""Looking early at planned times: bounds, spending, stagewise order."""
