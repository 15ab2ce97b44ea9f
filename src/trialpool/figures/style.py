"""One visual language for every figure: lengths in points, colours that survive colour blindness and a grey printer.

Blue carries what was pooled from, dark blue what was pooled, brick what is expected of a next study. Each also has
a shape of its own, so nothing rests on colour alone.
"""

from __future__ import annotations

INK = "#1a1a1a"  # text, rules, whiskers
QUIET = "#595959"  # secondary text, 7:1 on white
HAIR = "#8c8c8c"  # null line, ticks
STUDY = "#4f83b6"  # squares of studies
SUBTOTAL = "#1f4e79"  # diamonds of subgroups
OVERALL = "#0b2545"  # diamonds of all studies
PREDICTION = "#a63d1e"  # prediction intervals
REFERENCE = "#dce7f1"  # band of the primary result
PAPER = "#ffffff"
CONTOURS = ("#ffffff", "#d2d2d2", "#e4e4e4", "#f3f3f3")  # p > .10, .05 to .10, .01 to .05, < .01

TITLE = 9.5
TEXT = 7.5
SMALL = 6.6
MARK = 5.6

LEADING = 1.3  # line height, in font sizes
CAP = 0.365  # half the height of a capital, in font sizes: centres a line of text on a mark

THIN = 0.5
LINE = 0.8
HEAVY = 1.5

MARGIN = 6.0
GAP = 12.0
PAGE = 560.0  # width that a figure aims at: 7.8 inches
