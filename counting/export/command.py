"""Export a trained network as a folder that works without this repository.

The folder has the layout of the model hub: model.safetensors, config.json, one file of
plain PyTorch, model.onnx, and a card that says what the network can and cannot do.
"""

from __future__ import annotations

from pathlib import Path

from safetensors.numpy import save as to_bytes

from counting.base import checkpoint, files
from counting.base.checkpoint import Arrays, Config
from counting.base.errors import InputError
from counting.base.recurrences import OWN
from counting.running import cli
from counting.speaking import variants


def main() -> None:
    """Check everything, then write the folder."""
    parser = cli.Parser("counting.export", __doc__)
    add = parser.add_argument
    add("--variant", help="which network; the best one if not given")
    which = "which training of it; the first one if not given"
    add("--seed", type=cli.whole(0), help=which)
    add("--out", type=Path, help="new or empty folder; export/VARIANT if not given")
    add("--models", type=Path, default=variants.MODELS, help="trained networks")
    add("--no-onnx", action="store_true", help="write no model.onnx")
    args = parser.parse_args()
    folder = variants.choose(args.models, args.variant)
    config = checkpoint.load_config(folder)
    seed = variants.chosen_seed(config, args.seed)
    weights = checkpoint.load_weights(folder, config, seed)
    out = args.out or Path("export") / config.variant
    check_empty(out)

    contents, remark = everything(folder, config, seed, weights, args.no_onnx)
    files.write({out / name: content for name, content in contents.items()})
    print(f"export: {out}: {', '.join(sorted(contents))}")
    print(f"export: {remark}")


def check_empty(out: Path) -> None:
    """Refuse a folder with files in it, which would be overwritten or mixed up.

    Raises:
        InputError: the folder has something in it, or it is a file.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file, expected a new or empty folder")
    if out.is_dir() and (found := sorted(path.name for path in out.iterdir())):
        raise InputError(
            f"{out}: has {found[0]} in it, expected a new or empty folder: "
            "choose another --out, or remove it"
        )


def everything(
    folder: Path, config: Config, seed: int, weights: Arrays, no_onnx: bool
) -> tuple[dict[str, str | bytes], str]:
    """Give the content of every file by its name, and a remark on the ONNX file."""
    # torch takes seconds to load; bad input is reported before that
    from counting import networks
    from counting.export import card, onnx_step, standalone

    contents = network_files(config, seed, weights)
    contents["modeling_counting.py"] = standalone.source(config.model.recurrence)
    worst, remark = None, "no model.onnx, as asked"
    if config.model.recurrence in OWN:
        remark = "no model.onnx: it is not written for a recurrence of your own"
    elif not no_onnx and (missing := onnx_step.missing()):
        remark = (
            f"no model.onnx: {' and '.join(missing)} not installed; "
            f"`pip install {' '.join(missing)}` and export again"
        )
    elif not no_onnx:
        network = networks.load(folder, seed)
        contents["model.onnx"] = written = onnx_step.export(network)
        worst = onnx_step.compare(written, network)
        remark = (
            f"model.onnx says the same {onnx_step.COMPARED:,} tokens as the network; "
            f"log probabilities differ by at most {worst:.1e}"
        )
    metrics = folder.parent.parent.parent / variants.METRICS / f"{folder.name}.json"
    contents["README.md"] = card.card(folder, seed, metrics, worst)
    return contents, remark


def network_files(config: Config, seed: int, weights: Arrays) -> dict[str, str | bytes]:
    """Give the files of weights and settings, by their names on the model hub."""
    content = config.model_dump(exclude={"format", "seeds"})
    content |= {"architectures": ["CountingNetwork"], "model_type": "counting"}
    return {
        "model.safetensors": to_bytes(weights, metadata={"format": "pt"}),
        "config.json": files.as_json(content | {"seed": seed}),
    }
