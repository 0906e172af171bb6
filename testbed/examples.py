"""How many examples a property test draws: all of them in `make test`, few in `make test-fast`."""

from typing import Any, Final

from hypothesis import settings

FEW: Final = 20


def examples(count: int, **options: Any) -> settings:
    """Decorates a property test with `count` examples; with `--hypothesis-profile=fast` a tenth of them, 20 at least.

    Args:
        options: further ones of `hypothesis.settings`.
    """
    is_fast = settings.get_current_profile_name() == "fast"
    return settings(max_examples=min(count, max(FEW, count // 10)) if is_fast else count, **options)
