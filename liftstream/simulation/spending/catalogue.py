"""What the shop sells: few expensive things, many cheap ones."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CATEGORIES: Final = ("Phones", "Monitors", "Games", "Tablets", "Headsets", "Printers")
MEDIAN_PRICE: Final = 350.0
SPREAD: Final = 1.2
DEAREST: Final = 7_500.0
FIRST_ID: Final = 1_001


@dataclass(frozen=True, eq=False)
class ProductCatalogue:
    """Products.

    Attributes:
        price: [products] list price; log-normal, so that few products bring most of the money.
        category: [products] position in `CATEGORIES`.
    """

    price: Floats
    category: NDArray[np.int64]

    def rows(self) -> list[dict[str, Any]]:
        """The list `products` of a data object."""
        return [
            {
                "product_id": FIRST_ID + i,
                "product_name": f"{CATEGORIES[category][:-1]} {FIRST_ID + i}",
                "category_path": f"Electronics;{CATEGORIES[category]}",
                "price": price,
            }
            for i, (price, category) in enumerate(
                zip(self.price.tolist(), self.category.tolist(), strict=True)
            )
        ]


def draw_catalogue(generator: np.random.Generator, products: int) -> ProductCatalogue:
    """A catalogue of this many products."""
    price = np.exp(generator.normal(np.log(MEDIAN_PRICE), SPREAD, products))
    return ProductCatalogue(
        np.round(np.clip(price, 4.99, DEAREST)) - 0.01, generator.integers(len(CATEGORIES), size=products)
    )
