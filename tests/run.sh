#!/bin/bash
# Usage: tests/run.sh [ARGUMENT of "meson test"]...
# Gets the dependencies, builds, and runs all tests, or those that the
# arguments choose. Exits with the tests' status. The last line counts them.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

case ${1:-} in
-h | --help)
  sed -n '2,/^set/{/^# /s/^# //p}' tests/run.sh
  exit 0
  ;;
esac

echo "== Dependencies"
tools/shell --where
tools/build

echo "== Testing"
# As many tests at once as there are cores, with one core each; a test that
# wants more says so in its meson.build. Time limits are for an idle machine.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
log=build/meson-logs/testlog.json
rm -f "$log"
status=0
tools/shell meson test -C build --print-errorlogs --timeout-multiplier 4 "$@" || status=$?
case " $* " in *" --list "*) exit "$status" ;; esac
tools/shell python3 tests/count_results.py "$log" || ((status)) || status=1
exit "$status"
