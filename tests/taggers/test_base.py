import pytest
import torch

from unweave.taggers.base import Tags


@pytest.mark.parametrize("frames", [False, True])
@pytest.mark.parametrize("own", [False, True])
def test_tags_come_back_from_their_rows(frames, own):
    tags = Tags(
        torch.rand(3, 5), torch.rand(3, 7, 5) if frames else None, torch.rand(3, 4), torch.rand(3, 5) if own else None
    )
    again = Tags.of_rows([tags.row(number) for number in range(3)])
    for name in ("clip", "frames", "embedding", "own", "told"):
        one, other = getattr(tags, name), getattr(again, name)
        assert (one is None) == (other is None) and (one is None or torch.equal(one, other))
    assert (tags.told is tags.clip) == (not own)
