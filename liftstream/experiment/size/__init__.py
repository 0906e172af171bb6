"""How many clients: significance, power, effect and n from each other."""
