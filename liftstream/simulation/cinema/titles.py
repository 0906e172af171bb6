"""Names for generated films: distinct, readable, the same for the same number."""

from typing import Final

FIRST: Final = (
    "Silent", "Golden", "Broken", "Distant", "Hidden", "Paper", "Winter", "Crimson", "Borrowed", "Last",
    "Empty", "Second", "Burning", "Quiet", "Northern", "Glass", "Wild", "Lost", "Midnight", "Painted",
)  # fmt: skip
SECOND: Final = (
    "Harbour", "Garden", "Letter", "Train", "Bridge", "Orchard", "Island", "Mirror", "Station", "Summer",
    "Lighthouse", "Market", "River", "Clock", "Violin", "Window", "Road", "Kitchen", "Border", "Carnival",
)  # fmt: skip
THIRD: Final = (
    "", " of Ash", " at Dawn", " in Lisbon", " Without Name", " and the Sea", " on the Hill", " for Two",
    " by Night", " in the Rain", " of Salt", " for Nobody", " After Snow", " of the North", " on Fire",
    " Under Glass", " in May", " of Dust", " and Son", " in Tbilisi", " Off Season", " at Noon", " of Tin",
    " in Oslo", " on Sunday", " Above Town", " for a Day", " at Home", " of Wool", " in Exile",
)  # fmt: skip
NAMES: Final = len(FIRST) * len(SECOND) * len(THIRD)
STEP: Final = 7_919
"""Coprime to the number of names: neighbours in number are no neighbours in name."""


def name_of(number: int) -> str:
    """The name of the film with this number, 0, 1, ...; after 12,000 they come again as part 2, 3, ..."""
    place = number % NAMES * STEP % NAMES
    part = number // NAMES + 1
    name = f"{FIRST[place % 20]} {SECOND[place // 20 % 20]}{THIRD[place // 400]}"
    return name if part == 1 else f"{name}, Part {part}"
