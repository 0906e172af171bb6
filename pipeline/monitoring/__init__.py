"""What a worker tells of itself: its health, its metrics, and the address where both can be asked for."""
