"""Ctrl-C in the middle of a network's training ends the program, and no half-trained model goes on."""

import warnings

import numpy as np
import pytest
from sklearn.neural_network import MLPRegressor

from training.interruption import interruptible


class PressesCtrlC(MLPRegressor):
    """As if the key was pressed in the second pass over the rows."""

    passes = 0

    def _backprop(self, *arguments: object) -> object:
        self.passes += 1
        if self.passes > 1:
            raise KeyboardInterrupt
        return super()._backprop(*arguments)


def fit() -> MLPRegressor:
    rows = np.random.default_rng(1).normal(size=(60, 3))
    return PressesCtrlC(hidden_layer_sizes=(4,), max_iter=3, random_state=1).fit(rows, rows.sum(axis=1))


def test_scikit_learn_takes_an_interrupted_network_for_fitted() -> None:
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        assert fit().coefs_


def test_ctrl_c_ends_a_training_although_scikit_learn_catches_it() -> None:
    with pytest.raises(KeyboardInterrupt), interruptible():
        fit()


@interruptible()
def warn_of_something_else() -> None:
    warnings.warn("another one", UserWarning, stacklevel=1)


def test_other_warnings_of_a_training_stay_warnings() -> None:
    with pytest.warns(UserWarning, match="another"):
        warn_of_something_else()
