"""The style sheet's colours can be read, in light and in dark (WCAG 2.2, 1.4.3 and 1.4.11)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

TEXT, PICTURE = 4.5, 3.0
PAIRS = [
    *((ink, ground, TEXT) for ink in ("ink", "muted") for ground in ("page", "surface", "soft")),
    *((tone, "surface", TEXT) for tone in ("bad", "warn", "good", "accent")),
    *((tone, f"{tone}-soft", TEXT) for tone in ("bad", "warn", "good")),
    ("accent", "ref", 1.8),  # told apart by width too
    ("h7", "h0", PICTURE),
    ("h7", "h4", 1.8),
]


def colours() -> dict[str, dict[str, str]]:
    """Variables of the light and of the dark block."""
    css = files("simdrift.reports").joinpath("templates", "style.css").read_text()
    light, dark = css.split("prefers-color-scheme: dark", 1)
    dark = dark.split("} }", 1)[0]
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))
        for name, block in (("light", light), ("dark", dark))
    }


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_black_on_white_has_contrast_21():
    assert contrast("#000", "#ffffff") == pytest.approx(21.0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "ground", "least"), PAIRS)
def test_contrast(scheme, front, ground, least):
    found = colours()[scheme]
    assert contrast(found[front], found[ground]) >= least


def test_dark_has_every_colour_of_light():
    found = colours()
    assert found["light"].keys() == found["dark"].keys()
