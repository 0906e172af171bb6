"""The spending service: predictions of next month's spending over HTTP, split between models, and which model
is better."""
