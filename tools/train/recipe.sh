#!/bin/bash
# Trains the bundled model: run it again to go on after an interruption.
set -euo pipefail

usage() {
  cat <<'USAGE'
Usage: tools/shell --mount PICTURES --mount OUTPUT tools/train/recipe.sh \
         PICTURES OUTPUT [OPTION OF sam2-train]...

PICTURES is the folder that collect/collect.py makes. OUTPUT gets a folder per
stage; OUTPUT/3/model.safetensors is models/sam2.1-nano.safetensors. More options
go to every stage, for example --threads 2 or --device cuda.
USAGE
}

[[ $# -ge 2 && $1 != -* && $2 != -* ]] || {
  usage >&2
  exit 2
}
pictures=$1
output=$2
shift 2
extra=("$@")
train=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../../build/tools/train/sam2-train

stage() {
  local number=$1
  shift
  "$train" --data "$pictures" --output "$output/$number" "$@" "${extra[@]}"
}

# Prompts on single pictures first: clips teach nothing to a network that cannot
# find an object yet.
stage 1 --seed 1 --iterations 3600 --clips 10 --learning-rate 5e-4
# Memory, on short clips.
stage 2 --seed 2 --init "$output/1/model.safetensors" \
  --iterations 1800 --stop-at 1242 --warmup 100 --learning-rate 3e-4 \
  --frames 4 --clips 4 --objects 2 --clicks 0.3 --boxes 0.3
# Longer clips of larger pictures, for the size that the model runs at.
stage 3 --seed 3 --init "$output/2/model.safetensors" \
  --iterations 500 --warmup 40 --learning-rate 1.5e-4 \
  --side 384 --frames 6 --clips 2 --objects 2 --clicks 0.25 --boxes 0.3
