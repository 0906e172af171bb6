from pathlib import Path

import pytest

from liftstream import experiment


def test_every_file_of_the_package_has_a_name_of_its_own() -> None:
    """A function with the name of its file would be hidden by the file once that is imported."""
    files = {path.stem for path in Path(experiment.__file__).parent.glob("*.py")}
    assert files & set(experiment.__all__) == set()
    for name in experiment.__all__:
        assert getattr(experiment, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        _ = experiment.analyse
