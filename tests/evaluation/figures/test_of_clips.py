from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from tiny import RATE, tiny_model, tones

from unweave.errors import UnweaveError
from unweave.evaluation.figures import fig2, fig4, fig6
from unweave.evaluation.figures.canvas import RED
from unweave.evaluation.figures.clip import hear_clip
from unweave.evaluation.figures.fig2 import draw_figure2
from unweave.evaluation.figures.fig4 import draw_figure4
from unweave.evaluation.figures.fig6 import draw_figure6
from unweave.inference.hierarchy import node_activity, node_mask
from unweave.inference.recording import ArrayRecording
from unweave.inference.tagging import tag_segments


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """2 s of speech, a dog from 1.2 to 1.8 s."""
    path = tmp_path / "clip $1$.wav"
    soundfile.write(path, tones(2, spans={0: (0, 2), 1: (1.2, 1.8)}).T, RATE)
    return path


def inks(path: Path) -> int:
    from matplotlib.image import imread

    return int((imread(path)[..., :3].min(axis=2) < 0.9).sum())


def keep(monkeypatch: pytest.MonkeyPatch, module: Any) -> list[Any]:
    kept: list[Any] = []
    monkeypatch.setattr(module, "save", lambda figure, path: kept.append(figure))
    return kept


def test_the_anchor_lies_where_the_class_sounds(clip: Path) -> None:
    heard = hear_clip(tiny_model(), clip, "dogs", seconds=0.5)
    assert heard.label == "Dog" and 1.15 <= heard.start and heard.end <= 1.85
    assert heard.end - heard.start == pytest.approx(0.5) and heard.seconds == 2
    assert heard.curve.shape == (20,) and heard.curve[13] == pytest.approx(0.5, abs=0.05) and heard.curve[3] < 0.05
    assert heard.labels[int(heard.tags.argmax())] in ("Dog", "Speech") and heard.tags[74] == pytest.approx(
        0.5, abs=0.05
    )
    assert heard.log_mel().shape == (64, 201)


def test_a_clip_shorter_than_an_anchor_is_one_and_channels_are_mixed(tmp_path: Path) -> None:
    path = tmp_path / "short.wav"
    wave = tones(1)
    soundfile.write(path, np.concatenate([wave, wave]).T, RATE)
    heard = hear_clip(tiny_model(), path, "Speech")
    assert (heard.start, heard.end) == (0, 1) and heard.wave.shape == (RATE,)


def test_what_cannot_be_mined_is_refused(clip: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.wav"
    soundfile.write(long, np.zeros(61 * RATE, np.float32), RATE)
    for model, path, name, fault in (
        (tiny_model(known=[0]), clip, "Dog", "has not learnt 'Dog'"),
        (tiny_model(), long, "Dog", "at most 60"),
        (tiny_model(), tmp_path / "none.wav", "Dog", "none.wav"),
        (tiny_model(), clip, "Dogg", "Dog"),
    ):
        with pytest.raises(UnweaveError, match=fault):
            hear_clip(model, path, name)
    deaf = tiny_model(detector=False)
    assert deaf.tagger is not None
    deaf.tagger.frame_rate = None
    with pytest.raises(UnweaveError, match="with a detector"):
        hear_clip(deaf, clip, "Dog")


def test_figures_of_a_clip_mark_its_anchor(clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = hear_clip(tiny_model(), clip, "Dog", seconds=0.5)
    assert inks(draw_figure2(heard, tmp_path / "2.png")) > 20000
    assert inks(draw_figure4(heard, tmp_path / "4.png")) > 20000
    for module, draw in ((fig2, draw_figure2), (fig4, draw_figure4)):
        kept = keep(monkeypatch, module)
        draw(heard, tmp_path / "x.png")
        lines = [line for line in kept[0].axes[1].lines if line.get_color() == RED]
        assert [line.get_xdata()[0] for line in lines] == [heard.start, heard.end]
    bars = kept[0].axes[2].patches
    assert len(bars) == fig4.SHOWN and [bar.get_width() for bar in bars] == sorted(heard.tags, reverse=True)[:10]
    assert [text.get_text() for text in kept[0].axes[2].get_yticklabels()[:2]] in (["Dog", "Speech"], ["Speech", "Dog"])


def test_silence_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "silence.wav"
    soundfile.write(path, np.zeros(2 * RATE, np.float32), RATE)
    heard = hear_clip(tiny_model(), path, "Dog")
    draw_figure2(heard, tmp_path / "2.png")
    draw_figure4(heard, tmp_path / "4.png")
    assert inks(draw_figure6(tiny_model(), path, tmp_path / "6.png")) > 100


def test_figure6_shows_what_sounds_at_each_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, wave = tmp_path / "x.wav", tones(6, spans={0: (0, 6), 1: (3, 5)})
    soundfile.write(path, wave.T, RATE, subtype="FLOAT")
    model = tiny_model()
    assert inks(draw_figure6(model, path, tmp_path / "6.png")) > 20000
    kept = keep(monkeypatch, fig6)
    draw_figure6(model, path, tmp_path / "6.png")
    recording, *levels = kept[0].axes
    assert [axis.texts[0].get_text() for axis in levels] == ["Level 1", "Level 2", "Level 3"]
    names = [[text.get_text() for text in axis.get_yticklabels()] for axis in levels]
    assert names[0] == ["Human sounds", "Animal"] and "Dog" in names[2] and recording.get_xlim() == (0, 6)
    tags = tag_segments(model, ArrayRecording(wave, RATE))
    activity = node_activity(tags.clip, [node_mask(model, model.ontology.find("Animal"))])[:, 0]
    tops = [shape.get_paths()[0].vertices[:, 1].max() for shape in levels[0].collections]
    assert max(tops[2:]) == pytest.approx(-1 + 0.85 * activity.max(), abs=1e-3)


def test_figure6_hears_a_recording_once(tmp_path: Path) -> None:
    path = tmp_path / "x.wav"
    soundfile.write(path, tones(6).T, RATE)
    model = tiny_model()
    draw_figure6(model, path, tmp_path / "6.png")
    tagger, separator = model.tagger, model.separator
    assert tagger is not None and tagger.heard == 8 and separator.encoded == separator.decoded == 0
