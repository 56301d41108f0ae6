"""Train rows of variants with changed parameters and judge them: mirror and ablation.

A study is a YAML file in docs/studies: two ranges of numbers, seeds, and rows, each a
variant of params.yaml with the parameters it changes. Its results stand beside it as
JSON and as a Markdown table. Rows that the JSON holds already, with the same
parameters, are not trained again, so a study that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from statistics import fmean, median
from typing import Any

import matplotlib as mpl
import yaml
from matplotlib.figure import Figure
from pydantic import Field, ValidationError

from counting.base import cli, files, params
from counting.engine.forward import Inference
from counting.engine.weights import Network
from counting.evaluation import generation
from counting.evaluation.scores import score
from counting.report.figures import STYLE, svg
from counting.text.spelling import spell
from counting.text.vocabulary import SEPARATOR, Vocabulary
from counting.training import loop

NONE = 1e-4  # share of errors drawn as none; one sequence in a stream is 0.7e-4 or more


class Row(params.Section):
    """A variant, and what is changed in it; keys of its model or of its recipe."""

    name: str
    variant: str
    change: dict[str, Any] = Field(default_factory=dict)


class Study(params.Section):
    """Which rows are trained on what, and judged on what comes next."""

    title: str
    train: list[params.Range]  # one stream, one range after the other
    judge: list[params.Range]  # a stream each
    digits: int = Field(default=10, ge=3, le=10)  # numbers with others are left out
    seeds: list[int]
    rows: list[Row]


def main() -> None:
    """Run what is missing of a study, and write its table."""
    parser = argparse.ArgumentParser(prog="commands.study", description=__doc__)
    parser.add_argument("study", type=Path, help="YAML file, in docs/studies")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time")
    parser.add_argument(
        "--table", action="store_true", help="train nothing, lay out what is there"
    )
    args = parser.parse_args()
    study = load(args.study)
    settings = params.load()
    variants = {row.name: changed(settings, row) for row in study.rows}
    results = args.study.with_suffix(".json")
    known = (
        files.read_json(results, "delete it, and run the study again")
        if results.is_file()
        else []
    )
    wanted = [
        {"name": name, "seed": seed, "variant": variant}
        for name, variant in variants.items()
        for seed in study.seeds
    ]
    done = [entry for entry in known if matches(entry, wanted)]
    missing = [w for w in wanted if not any(matches(e, [w]) for e in done)]
    if args.table:
        missing = []
    with ProcessPoolExecutor(args.jobs) as pool:
        running = [pool.submit(run, study, settings, entry) for entry in missing]
        for future in as_completed(running):
            done.append(future.result())
            files.write_json(results, ordered(done, wanted))
            last = done[-1]
            print(
                f"study: {last['name']}, seed {last['seed']}: sequences "
                f"{last['sequence_accuracy']:.4f}, count {last['count_run']} "
                f"({len(done)}/{len(wanted)})",
                flush=True,
            )
    files.write_json(results, ordered(done, wanted))
    text = table(study, ordered(done, wanted))
    files.write_text(args.study.with_suffix(".md"), text)
    files.write_text(args.study.with_suffix(".svg"), draw(study, done))
    print(text)


def load(path: Path) -> Study:
    """Read and check a study."""
    if not path.is_file():
        raise cli.InputError(f"{path}: not found; studies stand in docs/studies")
    try:
        return Study.model_validate(yaml.safe_load(files.read_text(path)))
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(map(str, fault["loc"]))
        raise cli.InputError(f"{path}: {where}: {fault['msg']}; mend it") from None


def changed(settings: params.Params, row: Row) -> dict[str, Any]:
    """Give the model and recipe of a row's variant, with its changes, checked."""
    model, recipe = settings.variant(row.variant)
    parts = {"model": model.model_dump(), "recipe": recipe.model_dump()}
    for key, value in row.change.items():
        owner = next((part for part in parts.values() if key in part), None)
        if owner is None:
            known = [*parts["model"], *parts["recipe"]]
            raise cli.InputError(
                f"{row.name}: {key!r} is no parameter" + cli.nearest(key, known)
            )
        owner[key] = value
    try:
        checked = {
            "model": params.Model.model_validate(parts["model"]),
            "recipe": params.Recipe.model_validate(parts["recipe"]),
        }
    except ValidationError as error:
        raise cli.InputError(f"{row.name}: {error.errors()[0]['msg']}") from None
    return {
        name: one.model_dump(exclude_defaults=True) for name, one in checked.items()
    }


def matches(entry: dict[str, Any], wanted: list[dict[str, Any]]) -> bool:
    """Tell whether a result is one of those wanted: same row, seed and parameters."""
    return any(all(entry[key] == value for key, value in w.items()) for w in wanted)


def ordered(
    done: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Put results in the order of the study, one that is in work left out."""
    return [entry for w in wanted for entry in done if matches(entry, [w])]


def run(study: Study, settings: params.Params, entry: dict[str, Any]) -> dict[str, Any]:
    """Train one row with one seed, and judge it on every window of what comes next."""
    language, judging = settings.spell.language, settings.evaluate
    parts = [spelled(part, study.digits, language) for part in study.train]
    text = [words for part in parts for words in part]
    vocabulary = Vocabulary.of(text)
    train, *judged = (
        vocabulary.encode(numbers, Path(study.title))
        for numbers in [
            text,
            *(spelled(part, study.digits, language) for part in study.judge),
        ]
    )
    model = params.Model.model_validate(entry["variant"]["model"])
    recipe = params.Recipe.model_validate(entry["variant"]["recipe"])
    weights, _ = loop.train(model, recipe, train, len(vocabulary), entry["seed"])
    network = Inference(Network.of(model, weights))
    sizes = (judging.window, judging.prompt, judging.steps)
    learnt = score(network, train, *sizes, stride=judging.stride["train"])
    scores = [score(network, stream, *sizes) for stream in judged]
    right = sum(one.sequence_accuracy * one.sequences for one in scores)
    separator = vocabulary.tokens[SEPARATOR]
    return {
        **entry,
        "sequence_accuracy": round(
            right / sum(one.sequences for one in scores), files.DIGITS
        ),
        "train_last_token_accuracy": round(learnt.last_token_accuracy, files.DIGITS),
        "train_sequence_accuracy": round(learnt.sequence_accuracy, files.DIGITS),
        "count_run": generation.count_run(network, train, judged[0], separator),
    }


def spelled(part: list[int], digits: int, language: str) -> list[list[str]]:
    """Spell a range of numbers of the first so many digits, as lists of words."""
    return [
        spell(number, language).split()
        for number in range(part[0], part[1] + 1)
        if int(max(str(number))) < digits
    ]


def in_words(ranges: list[list[int]]) -> str:
    """Name some ranges, the first two and the last if they are many."""
    names = [f"{first}..{last}" for first, last in ranges]
    shown = names if len(names) < 4 else [*names[:2], "...", names[-1]]
    return ", ".join(shown)


def table(study: Study, done: list[dict[str, Any]]) -> str:
    """Lay the results out as a Markdown table, a row of the study a line."""
    of_digits = f", without digits above {study.digits - 1}" * (study.digits < 10)
    lines = [
        f"# {study.title}",
        "",
        f"Trained on {in_words(study.train)}, judged on every window of "
        f"{in_words(study.judge)}{of_digits}; seeds "
        f"{', '.join(map(str, study.seeds))}. Made by `python -m commands.study`.",
        "",
        "| row | changed | 71st token, train | 20 in a row, train "
        "| 20 in a row, mean | worst | by seed | counts on, median |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in study.rows:
        mine = [entry for entry in done if entry["name"] == row.name]
        if not mine:
            continue
        shares = [entry["sequence_accuracy"] for entry in mine]
        change = ", ".join(f"{k}: {json.dumps(v)}" for k, v in row.change.items())
        lines.append(
            f"| {row.name} | {change or '(as released)'} "
            f"| {fmean(entry['train_last_token_accuracy'] for entry in mine):.4f} "
            f"| {fmean(entry['train_sequence_accuracy'] for entry in mine):.4f} "
            f"| {fmean(shares):.4f} "
            f"| {min(shares):.4f} | {' '.join(f'{s:.4f}' for s in shares)} "
            f"| {median(entry['count_run'] for entry in mine):.0f} |"
        )
    return "\n".join(lines) + "\n"


def draw(study: Study, done: list[dict[str, Any]]) -> str:
    """Draw the rows as SVG: a dot a seed, a bar at the mean.

    Along a logarithmic axis of errors, since both 0.02 and 0.998 of right sequences
    matter here; a seed without any error stands at its end.
    """
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=(8, 1.3 + 0.3 * len(study.rows)), layout="constrained")
    axis = figure.subplots()
    for y, row in enumerate(study.rows):
        shares = [1 - e["sequence_accuracy"] for e in done if e["name"] == row.name]
        if not shares:
            continue
        axis.plot(
            [max(share, NONE) for share in shares],
            [y] * len(shares), "o", color="#0072B2", ms=6, alpha=0.6, clip_on=False,
        )  # fmt: skip
        axis.plot([max(fmean(shares), NONE)], [y], "|", color="black", ms=16, mew=2)
    axis.set_yticks(range(len(study.rows)), [row.name for row in study.rows])
    axis.set_ylim(len(study.rows) - 0.5, -0.5)
    axis.set_xscale("log")
    axis.set_xlim(1, NONE)
    axis.set_xticks(
        [1, 0.1, 0.01, 0.001, NONE], ["all", "10 %", "1 %", "0.1 %", "none"]
    )
    axis.minorticks_off()
    axis.set_title(study.title, loc="left", fontsize=10)
    axis.set_xlabel("sequences of 20 with an error; a dot a seed, a bar at their mean")
    axis.grid(axis="y", visible=False)
    return svg(figure)


if __name__ == "__main__":
    cli.run("study", main)
