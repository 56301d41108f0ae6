import resource

import pytest

from counting.base.errors import InputError
from counting.running import memory
from tests.variants import model, recipe


def test_a_variant_that_does_not_fit_is_refused_with_what_to_lower() -> None:
    config = model("gru", "copy", batch_size=64)
    with pytest.raises(InputError, match=r"wide needs about .* lower batch_size"):
        memory.check("wide", config, recipe(), V=1_000_000)
    memory.check("narrow", config, recipe(), V=30)


def test_a_limit_on_the_address_space_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = (memory.LIBRARIES + 5, resource.RLIM_INFINITY)
    monkeypatch.setattr(resource, "getrlimit", lambda _: limits)
    assert memory.available() == 5
