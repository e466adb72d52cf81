#!/bin/bash
# Usage: tests/fuzz.sh [--folder FOLDER] [SECONDS [TARGET]...]
# Hands random bytes to the readers of foreign files, for SECONDS each (default
# 3), one after the other, beginning with what is in tests/fuzz/corpus. TARGET
# is a name from tests/fuzz/meson.build; all of them if none is given. What was
# learned stays in FOLDER/corpus (default folder: build-fuzz), and the input of
# a failure in FOLDER. Exits with 77 where clang or its fuzzer is missing.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

case ${1:-} in
-h | --help)
  sed -n '2,/^set/{/^# /s/^# //p}' tests/fuzz.sh
  exit 0
  ;;
esac
folder=build-fuzz
if [ "${1:-}" = --folder ]; then
  folder=$2
  shift 2
fi
seconds=${1:-3}
shift || true

readonly kProbe='extern "C" int LLVMFuzzerTestOneInput(const char *, long) { return 0; }'
# shellcheck disable=SC2016  # it is the inner shell's
if ! tools/shell sh -c 'echo "$1" | clang++ -fsanitize=fuzzer,address,undefined -x c++ - -o /dev/null' \
  sh "$kProbe" 2>/dev/null; then
  echo "Skipped: there is no clang++ that links fuzzers. Install the Debian" \
    "packages clang and libclang-rt-dev."
  exit 77
fi
if [ ! -f "$folder/build.ninja" ]; then
  tools/shell env CC=clang CXX=clang++ meson setup "$folder" -Dfuzz=true \
    -Dwerror=false -Db_lundef=false -Db_sanitize=address,undefined \
    "-Dtorch-prefix=${SAM2_TORCH_PREFIX:-}"
fi
tools/shell ninja -C "$folder" fuzzers

targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for file in tests/fuzz/fuzz_*.cc; do
    name=${file##*/fuzz_}
    targets+=("${name%.cc}")
  done
fi
export OMP_NUM_THREADS=1
for target in "${targets[@]}"; do
  corpora=("$folder/corpus/$target" "tests/fuzz/corpus/$target")
  if [ "$target" = checkpoint ]; then corpora+=(tests/data/malformed); fi
  mkdir -p "${corpora[0]}"
  echo "== $target"
  tools/shell "$folder/tests/fuzz/fuzz_$target" -max_total_time="$seconds" \
    -timeout=20 -rss_limit_mb=4096 -verbosity=0 -print_funcs=0 -print_final_stats=1 \
    -artifact_prefix="$folder/$target-" "${corpora[@]}"
done
