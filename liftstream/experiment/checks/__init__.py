"""What must hold before a verdict is believed."""
