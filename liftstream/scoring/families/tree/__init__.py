"""Trees, forests and what is made of them."""
