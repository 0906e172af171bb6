"""A simulated shop whose users come over the year, view and buy: the spending service's world, with known truth."""
