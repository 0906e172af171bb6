"""What a lean installation is told: everything that is missing, at once, and how to install it from the checkout."""

import re

import pytest

from liftstream.contracts.errors import ExtraMissing, require


def test_all_missing_extras_are_named_at_once_and_none_that_is_there() -> None:
    extras = {"training": ["numpy", "no_such_module"], "demo": ["nor_this_one"], "platform": ["json"]}
    said = (
        "the demo needs the extras 'demo' and 'training': pip install '.[demo,training]' in the checkout,"
        " or make install"
    )
    with pytest.raises(ExtraMissing, match=f"^{re.escape(said)}$"):
        require("the demo", extras)


def test_one_missing_extra_is_one_word() -> None:
    said = "a picture needs the extra 'demo': pip install '.[demo]' in the checkout, or make install"
    with pytest.raises(ExtraMissing, match=f"^{re.escape(said)}$"):
        require("a picture", {"demo": ["no_such_module", "nor_this_one"]})


def test_what_is_installed_is_asked_for_in_silence() -> None:
    require("arithmetic", {"base": ["numpy", "json"]})
