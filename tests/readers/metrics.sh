#!/bin/bash
# Holds the metrics of a run, and the alert rules of the page about drift, against promtool; skipped without it.
set -euo pipefail
promtool=${PROMTOOL:-$(command -v promtool || true)}
if [ -z "$promtool" ]; then
    echo "SKIPPED: no promtool here; install the package prometheus, or name the program with PROMTOOL" >&2
    exit 0
fi
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
night() {
    rowmill generate payments --rows-per-day 1_000 --start 2025-01-01 --seed 7 --workers 1 --quiet \
        --out "$place/lake" --against "$place/lake" --metrics-file "$place/night.prom" --date "$1"
}
night 2025-03-01
night 2025-03-02
"$promtool" check metrics < "$place/night.prom"
grep -q '^rowmill_run_drifted{domain="payments"} 0$' "$place/night.prom"
sed -n '/^```yaml$/,/^```$/{/^```/d;p}' docs/how-to/drift.md > "$place/rules.yaml"
"$promtool" check rules "$place/rules.yaml"
for name in $(grep -o 'rowmill_[a-z_]*' "$place/rules.yaml" | sort -u); do
    grep -q "^# TYPE $name gauge$" "$place/night.prom" || { echo "no run tells $name" >&2; exit 1; }
done
