"""Run what is missing of a study on workers of dask.distributed, and lay it out.

Each result is added to a file beside the study as it comes, so that one that was
stopped goes on where it was. What other parameters, code or versions made is kept
there, and made anew.
"""

from __future__ import annotations

from pathlib import Path

from counting.base import files, params
from counting.running import cli, cluster
from studies import results, table, trial
from studies import study as studies


def main() -> None:
    """Train what is missing, then write table and figure."""
    parser = cli.Parser("studies", __doc__)
    add, positive = parser.add_argument, cli.whole(1)
    add("study", type=Path, help="YAML file, in studies/")
    add("--jobs", type=positive, default=1, help="trainings at a time, here")
    add("--scheduler", help="that of a cluster, as tcp://host:8786")
    add("--seeds", type=positive, help="only the first so many of its seeds")
    add("--table", action="store_true", help="train nothing, lay out what is there")
    args = parser.parse_args()
    study, settings = studies.load(args.study), params.load()
    path = args.study.with_suffix(".jsonl")
    known = results.load(path)
    wanted = studies.trainings(study, settings)
    have = {entry["key"] for entry in known} & {entry["key"] for entry in wanted}
    asked = wanted[: args.seeds and args.seeds * len(study.rows)]  # seed after seed
    if not args.table and (missing := [e for e in asked if e["key"] not in have]):
        calls = [(study, settings, entry) for entry in missing]
        with cluster.connect(args.scheduler, args.jobs) as workers:
            for _, entry in workers.results(trial.run, calls):
                results.add(path, entry)
                known.append(entry)
                have.add(entry["key"])
                print(table.described(entry, len(have), len(wanted)), flush=True)
    shown = results.newest(known, wanted)
    older = sum(entry["key"] not in have for entry in shown)
    text = table.table(study, shown, settings.evaluate.steps, older)
    drawn = table.draw(study, shown, settings.evaluate.steps)
    files.write(
        {args.study.with_suffix(".md"): text, args.study.with_suffix(".svg"): drawn}
    )
    print(text)


if __name__ == "__main__":
    cli.run("studies", main)
