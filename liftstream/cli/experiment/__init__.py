"""Commands about experiments: `sample-size` and its kin, `plan`, `simulate`, `analyze`."""
