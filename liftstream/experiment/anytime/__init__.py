"""Looking at any time: confidence sequences and mixture tests."""
