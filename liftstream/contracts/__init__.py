"""What every part agrees on: errors, features, messages, model cards, settings. Imports nothing else of ours."""
