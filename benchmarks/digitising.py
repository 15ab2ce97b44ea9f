"""How exactly `trialpool digitise` reads survival curves out of figures: error of S by kind of figure.

Kaplan-Meier curves of simulated trials are drawn by matplotlib, and by R's survival where Rscript finds it, read back, and
compared with the truth at 2000 times: root mean square and largest error of survival, and error of its integral (months).
Published, on other figures: 0.012 by SurvdigitizeR and 0.014 by hand (Zhang et al. 2024, BMC Med Res Methodol 24:147).

    python benchmarks/digitising.py [FOLDER]     keeps figures, readings and overlays in FOLDER
"""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

import trialpool as tp
from trialpool.digitising.digitised import DigitisedFigure
from trialpool.digitising.files import write_digitised

Floats = NDArray[np.float64]
COLOURS = {"Control": "#1f77b4", "Research": "#d62728"}
CONTRASTS = {"Control": "#d62728", "Research": "#2ca02c"}
BLACK = {"Control": "black", "Research": "black"}
GREY = {"Control": "#000000", "Research": "#808080"}
THREE = {**BLACK, "Third": "black"}
STYLES = {"solid": "-", "dashed": "--", "dotted": ":", "dashdot": "-."}
PEER = 0.012
TARGETS = {"vector": 0.0005, "raster": 0.006}


@dataclass(frozen=True)
class KaplanMeier:
    """time : (k,) of the drops, from 0; survival : (k,) after them; end : last follow-up; censored : times of censoring."""

    time: Floats
    survival: Floats
    end: float
    censored: Floats

    def at(self, times: Floats) -> Floats:
        return self.survival[np.searchsorted(self.time, times, side="right") - 1]


def kaplan_meier(time: Floats, event: NDArray[np.bool_]) -> KaplanMeier:
    """The product-limit estimate, from (n,) times and whether each is an event."""
    at = np.unique(time[event])
    risk = (time[:, np.newaxis] >= at).sum(0)
    deaths = (time[event][:, np.newaxis] == at).sum(0)
    survival = np.cumprod(1 - deaths / risk)
    return KaplanMeier(np.append(0.0, at), np.append(1.0, survival), float(time.max()), np.sort(time[~event]))


def trial(
    rng: np.random.Generator, *, n: int = 200, shape: str = "apart", follow_up: float = 60.0, arms: int = 2
) -> dict[str, KaplanMeier]:
    """Two arms, or three, with staggered entry; months."""
    made = {}
    for arm, scale in list(zip(THREE, (24.0, 40.0, 70.0), strict=True))[:arms]:
        died = rng.exponential(scale, n)
        if shape == "crossing":
            died = scale * rng.weibull(1.6 if arm == "Control" else 0.8, n) * (1.1 if arm == "Control" else 0.75)
        censored = np.minimum(rng.uniform(0.35 * follow_up, 1.15 * follow_up, n), 0.97 * follow_up)
        made[arm] = kaplan_meier(np.minimum(died, censored), died <= censored)
    return made


@dataclass(frozen=True, kw_only=True)
class Picture:
    """How a figure is drawn and stored; `curves` and the axes are what `digitise` is told."""

    name: str
    kind: str = "png"
    dpi: int = 150
    quality: int = 90
    colours: Mapping[str, str] = field(default_factory=lambda: COLOURS)
    dashed: tuple[str, ...] = ()
    third: str = ""
    shape: str = "apart"
    n: int = 200
    marks: str = ""
    grid: bool = False
    bands: bool = False
    legend: bool = True
    percent: bool = False
    lowest: float = 0.0
    width: float = 1.5
    despined: bool = False
    lettering: bool = False

    @property
    def vector(self) -> bool:
        return self.kind in ("svg", "pdf")

    @property
    def looks(self) -> dict[str, str]:
        return {arm: f"{colour} {self.line(arm)}" for arm, colour in self.colours.items()}

    def line(self, arm: str) -> str:
        """How the line of an arm is drawn: as `third` says of the third one."""
        return self.third if arm == "Third" else "dashed" if arm in self.dashed else "solid"

    @property
    def axes(self) -> dict[str, tuple[float, float]]:
        if self.vector:
            return {}
        return {"x": (0, 60), "y": (100 * self.lowest, 100) if self.percent else (self.lowest, 1)}


def draw(picture: Picture, arms: Mapping[str, KaplanMeier]) -> bytes:
    """The figure in the bytes of its kind."""
    settings = {"svg.hashsalt": "trialpool", "svg.fonttype": "path"}
    with mpl.rc_context({**mpl.rcParamsDefault, **settings, "backend": "agg"}):
        figure = Figure(figsize=(6, 4))
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        scale = 100 if picture.percent else 1
        for arm, curve in arms.items():
            time, survival = np.append(curve.time, curve.end), np.append(curve.survival, curve.survival[-1]) * scale
            style, colour = STYLES[picture.line(arm)], picture.colours[arm]
            axes.step(time, survival, where="post", color=colour, linestyle=style, linewidth=picture.width, label=arm)
            if picture.marks:
                axes.plot(curve.censored, curve.at(curve.censored) * scale, picture.marks, color=colour, markersize=6)
            if picture.bands:
                half = 1.96 * np.sqrt(survival / scale * (1 - survival / scale) / picture.n) * scale
                axes.fill_between(time, survival - half, survival + half, step="post", color=colour, alpha=0.2, linewidth=0)
        axes.set_xlim(0, 63)
        axes.set_xticks(range(0, 61, 12))
        axes.set_ylim(picture.lowest * scale, 1.04 * scale)
        axes.set_yticks(np.arange(picture.lowest, 1.01, 0.2) * scale)
        axes.set_xlabel("Months since randomisation")
        axes.set_ylabel("Survival")
        if picture.despined:
            axes.spines[["top", "right"]].set_visible(False)
        if picture.grid:
            axes.grid(visible=True, color="#cccccc")
        if picture.legend:
            axes.legend(loc="upper right")
        if picture.lettering:
            axes.text(3, 0.12 * scale, "HR 0.62 (95% CI 0.48 to 0.80)\nP < 0.001")
        return _stored(figure, picture)


def _stored(figure: Figure, picture: Picture) -> bytes:
    written = io.BytesIO()
    options = {"jpg": {"pil_kwargs": {"quality": picture.quality}}, "svg": {"metadata": {"Date": None}}}
    if picture.kind == "pdf":
        options["pdf"] = {"metadata": {"CreationDate": None}}
    figure.savefig(written, format=picture.kind, dpi=picture.dpi, **options.get(picture.kind, {}))
    return written.getvalue()


@dataclass(frozen=True)
class Errors:
    """Of a curve that was read: root mean square and largest error of survival, and of its integral, in the units of time."""

    rmse: float
    largest: float
    integral: float


def errors_of(read: tp.digitise, truth: Mapping[str, KaplanMeier], lowest: float = 0.0) -> dict[str, Errors]:  # type: ignore[valid-type]
    """Errors of each arm up to its end, or to where it leaves an axis that is cut off."""
    found = {}
    for arm, curve in truth.items():
        times = np.linspace(0, curve.end, 2000)
        true = curve.at(times)
        inside = true > lowest + 0.02
        error = (read.curve(arm).at(times) - true)[inside]
        span = curve.end * inside.mean()
        found[arm] = Errors(float(np.sqrt((error**2).mean())), float(np.abs(error).max()), float(abs(error.mean()) * span))
    return found


def pictures() -> list[Picture]:
    """Every kind of figure that is measured."""
    plain = Picture(name="colour")
    dashed = Picture(name="black and white, dashed", colours=BLACK, dashed=("Research",))
    three = replace(dashed, name="black: solid, dashed, dotted", colours=THREE, third="dotted")
    rasters = [
        *(replace(plain, name=f"colour, {dpi} dpi", dpi=dpi) for dpi in (100, 150, 200, 300)),
        *(replace(plain, name=f"colour, JPEG {q}", kind="jpg", quality=q) for q in (95, 75, 50)),
        replace(plain, name="colour, JPEG 75, 100 dpi", kind="jpg", quality=75, dpi=100),
        replace(plain, name="crossing", shape="crossing"),
        replace(plain, name="crossing, JPEG 75", shape="crossing", kind="jpg", quality=75),
        replace(plain, name="censoring ticks |", marks="|"),
        replace(plain, name="censoring ticks +", marks="+"),
        replace(plain, name="censoring ticks +, crossing", marks="+", shape="crossing"),
        replace(plain, name="grid, letters, thin", grid=True, lettering=True, width=1.0),
        replace(plain, name="confidence bands", bands=True),
        replace(plain, name="percent, no frame", percent=True, despined=True),
        replace(plain, name="axis from 0.4", lowest=0.4),
        replace(plain, name="small trial (40 an arm)", n=40),
        replace(plain, name="large trial (1000 an arm)", n=1000),
        replace(plain, name="black and grey", colours=GREY),
        *(replace(dashed, name=f"black, dashed, {dpi} dpi", dpi=dpi) for dpi in (100, 150, 300)),
        replace(dashed, name="black, dashed, crossing", shape="crossing"),
        replace(dashed, name="black, dashed, ticks |", marks="|"),
        replace(dashed, name="black, dashed, letters, despined", lettering=True, despined=True),
        replace(dashed, name="black, dashed, JPEG 75", kind="jpg", quality=75),
        *(replace(three, name=f"{three.name}, {dpi} dpi", dpi=dpi) for dpi in (100, 150, 300)),
        replace(three, name=f"{three.name}, crossing", shape="crossing"),
        replace(three, name=f"{three.name}, crossing, JPEG 75", shape="crossing", kind="jpg", quality=75),
        replace(three, name="black: solid, dashed, dashes and dots", third="dashdot"),
    ]
    vectors = [
        replace(picture, name=f"{picture.name}, {kind.upper()}", kind=kind)
        for kind in ("svg", "pdf")
        for picture in (
            plain,
            replace(plain, name="crossing, ticks +", shape="crossing", marks="+"),
            replace(plain, name="bands, grid, percent", bands=True, grid=True, percent=True),
            dashed,
            replace(plain, name="large trial (1000 an arm)", n=1000),
        )
    ]
    return [*vectors, *rasters]


R_FIGURES = """
library(survival)
arguments <- commandArgs(TRUE); folder <- arguments[1]
d <- read.csv(file.path(folder, "r.csv"))
f <- survfit(Surv(time, event) ~ arm, data = d)
devices <- list(
  pdf = function(name) pdf(name, 6, 4.5), svg = function(name) svg(name, 6, 4.5),
  png100 = function(name) png(name, 6, 4.5, units = "in", res = 100, type = "cairo"),
  png150 = function(name) png(name, 6, 4.5, units = "in", res = 150, type = "cairo"),
  png300 = function(name) png(name, 6, 4.5, units = "in", res = 300, type = "cairo"),
  jpeg150 = function(name) jpeg(name, 6, 4.5, units = "in", res = 150, quality = 75, type = "cairo"))
for (device in names(devices)) {
  for (look in c("colour", "black")) {
    devices[[device]](file.path(folder, paste("r", look, device, sep = "-")))
    colour <- if (look == "colour") c("#1f77b4", "#d62728") else "black"
    plot(f, col = colour, lty = if (look == "colour") 1 else 1:2, lwd = 2, mark.time = look == "colour",
         xlab = "Months", ylab = "Survival", xlim = c(0, 60), xaxt = "n")
    axis(1, at = seq(0, 60, 12))
    dev.off()
  }
}
"""


def r_figures(folder: Path, seed: int) -> Iterator[tuple[Picture, Path, dict[str, KaplanMeier]]]:
    """Figures by R's survival; none where Rscript or the package is not there."""
    if shutil.which("Rscript") is None:
        return
    rng = np.random.default_rng(seed)
    rows, truth = ["arm,time,event"], {}
    for arm, scale in zip(COLOURS, (24.0, 40.0), strict=True):
        died, censored = rng.exponential(scale, 150), rng.uniform(20, 58, 150)
        time, event = np.minimum(died, censored).round(4), died <= censored
        truth[arm] = kaplan_meier(time, event)
        rows += [f"{arm},{t},{int(e)}" for t, e in zip(time.tolist(), event.tolist(), strict=True)]
    (folder / "r.csv").write_text("\n".join(rows))
    (folder / "r.R").write_text(R_FIGURES)
    done = subprocess.run(["Rscript", str(folder / "r.R"), str(folder)], capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"R drew nothing: {done.stderr.strip().splitlines()[-1]}")
        return
    for path in sorted(folder.glob("r-*-*")):
        _, look, device = path.name.split("-")
        kind = device.rstrip("0123456789")
        if "." in path.name:
            continue
        colours, dashed = (COLOURS, ()) if look == "colour" else (BLACK, ("Research",))
        yield Picture(name=f"R, {look}, {device}", kind=kind, colours=colours, dashed=dashed), path, truth


def measure(folder: Path, *, trials: int = 3) -> list[tuple[str, str, str, list[Errors]]]:
    """Kind, name, failure if any, and errors of every curve, a row a kind of figure."""
    rows = []
    for picture in pictures():
        found, failure = [], ""
        for seed in range(trials):
            arms = trial(np.random.default_rng(seed), n=picture.n, shape=picture.shape, arms=len(picture.colours))
            path = folder / f"{picture.name.replace(' ', '-').replace(',', '').replace('|', 'bar')}-{seed}.{picture.kind}"
            path.write_bytes(draw(picture, arms))
            try:
                read = tp.digitise(path, **picture.axes, curves=picture.looks)  # type: ignore[arg-type]
            except tp.TrialpoolError as error:
                failure = str(error)
                continue
            write_digitised(read, path.with_suffix(".csv"))
            found += errors_of(read, arms, picture.lowest).values()
        rows.append(("vector" if picture.vector else "raster", picture.name, failure, found))
    for picture, path, truth in r_figures(folder, 1):
        axes = {"x": (0, 60), "y": (0, 1)}
        try:
            read: DigitisedFigure = tp.digitise(path, **axes, curves=picture.looks)  # type: ignore[arg-type]
            write_digitised(read, path.with_suffix(".csv"))
            rows.append(("vector" if picture.vector else "raster", picture.name, "", list(errors_of(read, truth).values())))
        except tp.TrialpoolError as error:
            rows.append(("vector" if picture.vector else "raster", picture.name, str(error), []))
    return rows


def print_table(rows: list[tuple[str, str, str, list[Errors]]]) -> None:
    print("| figure | RMSE of S | worst curve | largest error | integral, months |\n|---|---|---|---|---|")
    for kind, name, failure, found in rows:
        if not found:
            print(f"| {name} | not read: {failure} | | | |")
            continue
        rmse = [e.rmse for e in found]
        over = " (over the target)" if max(rmse) > TARGETS[kind] else ""
        failed = f" (once not read: {failure})" if failure else ""
        print(
            f"| {name}{failed} | {np.mean(rmse):.5f}{over} | {max(rmse):.5f} | {max(e.largest for e in found):.4f} "
            f"| {np.mean([e.integral for e in found]):.3f} |"
        )
    for kind, target in TARGETS.items():
        all_of_kind = [e.rmse for k, _, _, found in rows for e in found if k == kind]
        print(f"\n{kind}: mean RMSE {np.mean(all_of_kind):.5f}, worst {max(all_of_kind):.5f}; to reach {target}; published {PEER}")


def main() -> None:
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1])
        folder.mkdir(parents=True, exist_ok=True)
        print_table(measure(folder))
        return
    with tempfile.TemporaryDirectory() as made:
        print_table(measure(Path(made)))


if __name__ == "__main__":
    main()
