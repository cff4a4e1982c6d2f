from __future__ import annotations

import pytest

from labelhub.drivers.brother.words import media_from_word, media_words
from labelhub.errors import MediaUnsupported, ValidationFailed
from labelhub.media import Media, MediaKind


@pytest.mark.parametrize(
    ("model", "word", "media"),
    [
        ("PT-P750W", "12mm", Media(MediaKind.TAPE_LAMINATED, 12)),
        ("pt-p750w", "12", Media(MediaKind.TAPE_LAMINATED, 12)),
        ("PT-P750W", "TZe-12", Media(MediaKind.TAPE_LAMINATED, 12)),
        ("PT-P750W", "3.5mm", Media(MediaKind.TAPE_LAMINATED, 3.5)),
        ("PT-P750W", "hse-11.7mm", Media(MediaKind.TAPE_HEAT_SHRINK, 11.7)),
        ("QL-820NWB", "62mm", Media(MediaKind.ROLL_CONTINUOUS, 62)),
        ("QL-820NWB", "dk-29x90mm", Media(MediaKind.ROLL_DIE_CUT, 29, 90)),
        ("QL-820NWB", "29x90", Media(MediaKind.ROLL_DIE_CUT, 29, 90)),
    ],
)
def test_a_word_names_media(model: str, word: str, media: Media) -> None:
    assert media_from_word(model, word) == media


def test_the_red_roll_prints_two_colors() -> None:
    assert media_from_word("QL-820NWB", "62mm-red").two_color
    assert not media_from_word("QL-820NWB", "62mm").two_color


@pytest.mark.parametrize("model", ["PT-P750W", "QL-820NWB"])
def test_every_word_offered_is_taken(model: str) -> None:
    for word in media_words(model):
        assert media_from_word(model, word).name in word


@pytest.mark.parametrize(
    ("model", "word"),
    [
        ("PT-P750W", "62mm"),
        ("QL-820NWB", "tze-12"),
        ("PT-P750W", "12mm-red"),
        ("PT-P750W", "paper"),
        ("PT-P750W", ""),
        ("PT-P750W", "9" * 999),
    ],
)
def test_another_word_is_refused_with_those_there_are(model: str, word: str) -> None:
    with pytest.raises(MediaUnsupported, match=r"It takes .*mm"):
        media_from_word(model, word)


def test_a_word_for_an_unknown_model_is_refused() -> None:
    with pytest.raises(ValidationFailed, match="Known are"):
        media_from_word("XX-1", "12mm")
