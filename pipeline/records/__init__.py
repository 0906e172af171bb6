"""What a record says: parsed with care, decoded fast, written as a prediction."""
