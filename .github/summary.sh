#!/usr/bin/env bash
# What a branch changed since BASE, in Markdown: parameters, metrics, the verdict on them,
# figures. $FIGURES is the address of the committed figures, $PAGE that of the page, if any.
# usage: .github/summary.sh BASE
set -euo pipefail
cd "$(dirname "$0")/.."

if [[ -n "${PAGE:-}" ]]; then
  printf '[The page that this made](%s)\n\n' "$PAGE"
fi
base=$1
if ! git cat-file -e "$base^{commit}" 2>/dev/null; then # the first push of a branch
  base=HEAD^
fi
if git cat-file -e "$base^{commit}" 2>/dev/null; then
  printf '## Parameters\n\n'
  dvc params diff --md "$base"
  printf '\n## Verdict\n\n'
  python -m counting.running.comparison --base "$base"
  printf '\n<details><summary>Metrics</summary>\n\n'
  dvc metrics diff --md "$base"
  printf '\n</details>\n'
else
  printf 'The first commit: there is nothing to compare with.\n'
fi
if [[ -n "${FIGURES:-}" ]]; then
  printf '\n## Figures, as committed\n\n'
  for figure in reports/figures/*.svg; do
    printf '![%s](%s/%s)\n\n' "$(basename "$figure" .svg)" "$FIGURES" "$figure"
  done
fi
