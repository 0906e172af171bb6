"""The A/B platform: plan, token, assignment, collection, verdict; its page, its API and its database."""
