"""What of aiokafka is ours: classes that take the place of its own, since it offers no other way to change them."""
