"""What an offer costs and what a purchase is worth.

As in the shop, money in a session is its mean times a gamma distributed luck of mean 1, so nothing is ever negative.
"""

from typing import Final

USUAL: Final = 20.0
"""Mean $ of a session without offer and without purchase."""
VALUE: Final = 16.0
"""$ that a purchase adds."""
COST: Final = 2.0
"""$ that an offer costs, whether it changes anything or not."""
