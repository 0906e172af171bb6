"""The story of the spending service: a simulated shop plays a year through it, month by month."""
