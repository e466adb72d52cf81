#!/bin/bash
# Usage: tests/soak.sh [MINUTES [OPTION]...]
# Builds, and pulls a pipeline of sam2track and its readers about at random for
# MINUTES (default 3, and longer until there is enough to be judged): prompts,
# arrivals, losses, corrections, removals, flushes, other caps. Exits with 0 if
# neither memory nor threads nor file descriptors are more at the end than after
# the warm-up. Samples go to build/soak.csv. OPTION is one of
# "build/tests/soak/soak --help", --policy or --frames for example; without
# --model it is a tiny model with generated weights.
set -euo pipefail
cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.."

case ${1:-} in
-h | --help)
  sed -n '2,/^set/{/^# /s/^# //p}' tests/soak.sh
  exit 0
  ;;
esac
minutes=${1:-3}
shift || true

if [ ! -f build/build.ninja ]; then tools/build; fi
tools/shell ninja -C build soak-parts
exec tools/shell env OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}" \
  GST_PLUGIN_PATH=build/gst GST_REGISTRY=build/tests/soak/registry.bin \
  build/tests/soak/soak --minutes "$minutes" --output build/soak.csv \
  --model build/tests/gst/sam2.1-micro.safetensors "$@"
