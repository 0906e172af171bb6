"""From what somebody asks for to a sealed plan, or to a list of what does not fit."""
