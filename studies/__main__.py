"""Run what is missing of a study on workers of dask.distributed, and lay it out.

Results are written beside the study as they come, so that one that was stopped goes on
where it was. A result that other parameters, code or versions made is made anew.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from counting.base import files, params
from counting.running import cli, cluster
from studies import study as studies
from studies import table, trial

SAME = ("name", "key")  # of a result that is today's


def main() -> None:
    """Train what is missing, then write table and figure."""
    parser = argparse.ArgumentParser(prog="studies", description=__doc__)
    parser.add_argument("study", type=Path, help="YAML file, in studies/")
    parser.add_argument("--jobs", type=int, default=1, help="trainings at a time, here")
    parser.add_argument("--scheduler", help="that of a cluster, as tcp://host:8786")
    parser.add_argument(
        "--table", action="store_true", help="train nothing, lay out what is there"
    )
    args = parser.parse_args()
    study, settings = studies.load(args.study), params.load()
    path = args.study.with_suffix(".json")
    again = "delete it, and run the study again"
    known = files.read_json(path, again) if path.is_file() else []
    wanted = studies.trainings(study, settings)
    done = studies.matching(known, wanted, *SAME)
    older = 0
    if args.table:
        found = studies.matching(known, wanted, "name", "seed", "variant")
        older, done = len(found) - len(done), found
    elif missing := [one for one in wanted if not studies.matching(done, [one], *SAME)]:
        calls = [(study, settings, one) for one in missing]
        with cluster.connect(args.scheduler, args.jobs) as client:
            for _, entry in cluster.results(client, trial.run, calls):
                done = studies.matching([*done, entry], wanted, *SAME)
                files.write_json(path, done)
                print(described(entry, len(done), len(wanted)), flush=True)
    text = table.table(study, done, older)
    files.write_text(args.study.with_suffix(".md"), text)
    files.write_text(args.study.with_suffix(".svg"), table.draw(study, done))
    print(text)


def described(entry: studies.Entry, done: int, of: int) -> str:
    """Put a result into a line."""
    return (
        f"study: {entry['name']}, seed {entry['seed']}: wrong "
        f"{table.wrong(entry['sequence_accuracy'])}, counts {entry['count_run']:,} "
        f"({done}/{of})"
    )


if __name__ == "__main__":
    cli.run("studies", main)
