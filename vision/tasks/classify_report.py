"""The report on a classifier: figures, naive baselines beside them, and pictures of what it confuses."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch.nn import functional as F
from torchmetrics.functional.classification import multiclass_confusion_matrix

from ...explain.attribution import explain, last_convolution
from ...explain.heat_maps import overlay
from ...training.cost import costs, said_of_costs
from ...utils.wording import counted
from ..images import Images
from ..models.classifier import Classifier

AT_ONCE = 500  # images in a forward pass without training
SMALL = 8  # font size in pixels


@torch.no_grad()
def judge(net: Classifier, data: Images, mirror: bool) -> torch.Tensor:
    """Probabilities (N, K) of all images, as the component gives them in an environment: in float32, in eval mode."""
    was = net.training
    net.eval()
    try:
        parts = data.images.split(AT_ONCE)
        return torch.cat([net.probabilities(part.to(net.device), mirror).cpu() for part in parts])
    finally:
        net.train(was)


def figures(p: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
    """Accuracy, and mean negative log-likelihood in nats, of probabilities (N, K)."""
    loss = F.nll_loss(p.clamp(min=1e-12).log(), labels)
    return {"accuracy": float((p.argmax(dim=1) == labels).float().mean()), "loss": float(loss)}


def baselines(train: Images, test: Images) -> dict[str, float]:
    """Accuracies of what needs no learning: always the most frequent class, and the class whose mean is nearest."""
    counts = torch.bincount(train.labels, minlength=len(train.classes))
    majority = float((test.labels == counts.argmax()).float().mean())
    means = torch.stack([train.images[train.labels == k].float().mean(dim=0) for k in range(len(train.classes))])
    flat = test.images.flatten(1)
    nearest = torch.cat([torch.cdist(part.float(), means.flatten(1)).argmin(dim=1) for part in flat.split(AT_ONCE)])
    return {"majority class": majority, "nearest class mean": float((nearest == test.labels).float().mean())}


@dataclass(frozen=True)
class Summary:
    """What a training came to."""

    metrics: dict[str, float]  # the component's
    baselines: dict[str, float]  # accuracies
    recipe: Any
    epochs: int  # that were trained; perhaps fewer than the recipe's

    def __str__(self) -> str:
        m, r = self.metrics, self.recipe
        rows = [*self.baselines.items(), (r.model, m["accuracy_plain"])]
        if r.mirror:
            rows.append((f"{r.model}, picture and mirror image", m["accuracy"]))
        wide = max(len(name) for name, _ in rows)
        kept = f" of at most {r.epochs}, the best on held-out pictures kept," if r.patience else ""
        return "\n".join(
            [
                *(f"{name:{wide}}  {100 * accuracy:6.2f} % of the test images right" for name, accuracy in rows),
                f"{said_of_costs(m)}, loss {m['loss']:.3f} nats",
                f"{counted(self.epochs, 'epoch')}{kept} of {r.data} in {m['seconds']:,.0f} s ({r.precision}, "
                f"{counted(r.threads, 'thread')}, seed {r.seed})",
            ]
        )


def measure(net: Classifier, test: Images, seconds: float) -> dict[str, float]:
    """The metrics of a finished component: on all test images, and what it costs."""
    net.eval()
    plain = judge(net, test, mirror=False)
    p = judge(net, test, mirror=True) if net.mirror else plain
    return {
        **figures(p, test.labels),
        "accuracy_plain": figures(plain, test.labels)["accuracy"],
        **costs(net, test.images[:1]),
        "seconds": round(seconds, 1),
        "images": float(len(test)),
    }


# --- Pictures --------------------------------------------------------------------------------------------------------


def confusion(p: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """(K, K): how many images of the class of the row were taken for that of the column."""
    return multiclass_confusion_matrix(p.argmax(dim=1), labels, p.shape[1])


def confusion_picture(matrix: torch.Tensor, classes: tuple[str, ...]) -> np.ndarray:
    """The confusion matrix as RGB (H, W, 3) uint8: a row per true class, dark where its images went."""
    count = len(classes)
    cell = max(4, min(40, 640 // count))
    font = ImageFont.load_default(max(SMALL, min(12, cell)))
    named = cell >= SMALL + 2
    left = int(max(font.getlength(name) for name in classes)) + 8 if named else 4
    image = Image.new("RGB", (left + cell * count + 4, cell * count + 22), "white")
    draw = ImageDraw.Draw(image)
    draw.text((left, 4), "taken for (left to right as from top to bottom)", "black", font=ImageFont.load_default(10))
    shares = matrix.double() / matrix.sum(dim=1, keepdim=True).clamp(min=1)
    for i in range(count):
        y = 20 + i * cell
        if named:
            draw.text((2, y + (cell - SMALL) // 2 - 2), classes[i], "black", font=font)
        for j in range(count):
            x, share = left + j * cell, float(shares[i, j])
            shade = round(255 * (1.0 - share**0.5))  # the root shows rare mistakes
            colour = (shade, shade, 255) if i == j else (255, shade, shade)
            draw.rectangle((x, y, x + cell - 1, y + cell - 1), fill=colour)
            if cell >= 30:
                text = str(int(matrix[i, j]))
                draw.text((x + 3, y + cell // 2 - 6), text, "white" if shade < 110 else "black", font=font)
    return np.asarray(image)


def worst_mistakes(p: torch.Tensor, labels: torch.Tensor, count: int) -> torch.Tensor:
    """The rows of the images whose true class got the least probability, the worst first; only mistakes."""
    truth = p.gather(1, labels[:, None])[:, 0]
    order = truth.argsort(stable=True)
    return order[(p.argmax(dim=1) != labels)[order]][:count]


def mistakes_picture(data: Images, p: torch.Tensor, rows: torch.Tensor, across: int = 6) -> np.ndarray:
    """The images ``rows`` with "true > taken for, how sure" beneath each, as RGB (H, W, 3) uint8."""
    side, line, tile = 96, 12, 132
    down = max(1, -(-len(rows) // across))
    image = Image.new("RGB", (across * tile, down * (side + 3 * line)), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(10)
    for place, row in enumerate(rows.tolist()):
        x, y = place % across * tile, place // across * (side + 3 * line)
        image.paste(picture(data.images[row]).resize((side, side), Image.Resampling.NEAREST), (x + 4, y + 4))
        guess = int(p[row].argmax())
        draw.text((x + 4, y + side + 5), data.classes[int(data.labels[row])][:22], "black", font=font)
        draw.text(
            (x + 4, y + side + 5 + line), f"> {data.classes[guess][:16]} {p[row, guess]:.0%}", "#b00000", font=font
        )
    return np.asarray(image)


def telling(p: torch.Tensor, labels: torch.Tensor, count: int) -> torch.Tensor:
    """Rows of images to look at: half of them right, of as many classes as possible, then the worst mistakes."""
    right = (p.argmax(dim=1) == labels).nonzero()[:, 0]
    turn = torch.zeros(len(right), dtype=torch.int64)  # how many right ones of the same class come before
    for k in labels[right].unique().tolist():
        own = (labels[right] == k).nonzero()[:, 0]
        turn[own] = torch.arange(len(own))
    return torch.cat([right[turn.argsort(stable=True)][: count // 2], worst_mistakes(p, labels, count - count // 2)])


def explanations_picture(
    net: Classifier, data: Images, p: torch.Tensor, rows: torch.Tensor, across: int = 4
) -> np.ndarray:
    """The images ``rows``, each beside a heat map of the class it is taken for, as RGB (H, W, 3) uint8.

    The map is a Grad-CAM or, of a network without convolutions, integrated gradients. Beneath stand the true class and
    the one it is taken for, green where that is right.
    """
    side, line, gap = 96, 13, 8
    wide, high = 2 * side + 3 * gap, side + 2 * line + 2 * gap
    image = Image.new("RGB", (across * wide, max(1, -(-len(rows) // across)) * high), "white")
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(11)
    guesses = p.argmax(dim=1)
    method = "integrated-gradients" if last_convolution(net) is None else "grad-cam"
    heats = explain(net, data.images[rows], method, guesses[rows]) if len(rows) else ()
    for place, (row, heat) in enumerate(zip(rows.tolist(), heats, strict=True)):
        x, y = place % across * wide + gap, place // across * high + gap
        guess, label = int(guesses[row]), int(data.labels[row])
        hot = Image.fromarray(overlay(data.images[row].numpy(), heat))
        for left, shown in ((x, picture(data.images[row])), (x + side + gap // 2, hot)):
            image.paste(shown.resize((side, side), Image.Resampling.NEAREST), (left, y))
        draw.text((x, y + side + 3), data.classes[label][:30], "black", font=font)
        colour = "#007000" if guess == label else "#b00000"
        draw.text((x, y + side + 3 + line), f"> {data.classes[guess][:24]} {p[row, guess]:.0%}", colour, font=font)
    return np.asarray(image)


def picture(x: torch.Tensor) -> Image.Image:
    """One image (H, W, C) of bytes, grey, coloured or with more channels, of which the first three are shown."""
    array = x.numpy()
    return Image.fromarray(np.ascontiguousarray(array[..., :3] if array.shape[-1] >= 3 else array[..., [0, 0, 0]]))
