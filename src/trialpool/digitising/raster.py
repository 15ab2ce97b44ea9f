"""A raster figure as red, green and blue."""

from __future__ import annotations

import io
import warnings
from dataclasses import dataclass

import numpy as np
import PIL.Image
from numpy.typing import NDArray
from PIL.Image import Image

from trialpool.digitising.drawing import Box, Floats
from trialpool.errors import BadInput, Problem

LARGEST = 60_000_000  # pixels: a page at 600 dpi has 35 million
NEUTRAL = 60  # difference of the strongest and weakest of red, green and blue, up to which a pixel is grey


@dataclass(frozen=True, slots=True)
class Raster:
    """A raster figure.

    kind : "PNG", "JPEG", ...
    rgb  : (height, width, 3), 0 to 255, on white where the file is transparent
    """

    kind: str
    rgb: NDArray[np.uint8]

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def darkness(self) -> Floats:
        """(height, width): 0 for white to 1 for black, and 0 for what is coloured."""
        rgb = self.rgb.astype(float)
        dark = 1 - rgb @ np.array([0.299, 0.587, 0.114]) / 255
        return np.asarray(np.where(np.ptp(rgb, axis=-1) <= NEUTRAL, dark, 0.0))

    def outside_blank(self, within: Box) -> Raster:
        """The same with everything outside a box in white."""
        left, top, right, bottom = (round(side) for side in within)
        rgb = np.full_like(self.rgb, 255)
        part = slice(max(top, 0), max(bottom, 0)), slice(max(left, 0), max(right, 0))
        rgb[part] = self.rgb[part]
        return Raster(self.kind, rgb)


def read_raster(data: bytes, file: str) -> Raster:
    """The picture in a raster file; `file` is what messages call it.

    Raises
    ------
    BadInput
        where it cannot be read as one, or is far too large
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", PIL.Image.DecompressionBombWarning)
            with PIL.Image.open(io.BytesIO(data)) as image:
                if image.width * image.height > LARGEST:
                    raise PIL.Image.DecompressionBombError(f"{image.width} x {image.height} pixels")
                kind = image.format or "raster"
                opaque = PIL.Image.new("RGBA", image.size, "white")
                opaque.alpha_composite(_in_colour(image))
                return Raster(kind, np.asarray(opaque.convert("RGB")))
    except (PIL.Image.DecompressionBombError, PIL.Image.DecompressionBombWarning):
        what, mend = "the picture has far more pixels than a figure needs", "Cut the figure out, or save it at 300 dpi"
    except PIL.UnidentifiedImageError:
        what, mend = "this is no figure of a kind that is read", "Save it as SVG, PDF or PNG"
    except Exception as error:  # noqa: BLE001  # Pillow's readers of broken files raise errors of many kinds
        what, mend = f"the picture is damaged ({error})", "Save it again as a PNG"
    raise BadInput([Problem(file, 0, "", what, mend)])


def _in_colour(image: Image) -> Image:
    """Any mode as RGBA; 16 bits of grey are brought to 8."""
    if image.mode.startswith(("I", "F")):
        grey = np.asarray(image, dtype=float)
        top = 65535.0 if grey.max() > 255 else 255.0
        return PIL.Image.fromarray((grey / top * 255).clip(0, 255).astype(np.uint8)).convert("RGBA")
    return image.convert("RGBA")
