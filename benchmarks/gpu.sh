#!/bin/bash
# Usage: benchmarks/gpu.sh [OPTION]...
# Checks and measures a device: masks of all models against those of the CPU in
# float32, milliseconds a frame at 1080p, and memory, also with small limits.
# Writes gpu.md (tables) and gpu.log into the output folder.
#   --device NAME      cuda, cuda:N or cpu (default: cuda)
#   --build FOLDER     of Meson (default: build, or what pack.sh has packed)
#   --models "NAME..." (default: all)
#   --precisions "NAME..." (default: all)
#   --objects N,N...   (default: 1,5,16)
#   --frames N         timed for each row (default: 30)
#   --output FOLDER    (default: out/gpu)
# Weights of all models but nano are generated: their masks mean nothing, and
# their objects are compared all the same.
set -euo pipefail
here=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)

device=cuda build=$here/build output=out/gpu objects=1,5,16 frames=30
models="nano tiny small base-plus large edgetam"
precisions="fp32 tf32 bf16 fp16"
[[ ! -x $here/launch ]] || build=$here
while [[ $# -gt 0 ]]; do
  case $1 in
  --device | --build | --models | --precisions | --objects | --frames | --output)
    [[ $# -gt 1 ]] || { echo "gpu.sh: $1 needs a value." >&2; exit 2; }
    declare "${1#--}=$2"
    shift 2
    ;;
  *)
    sed -n '2,/^set/{/^# /s/^# //p}' "${BASH_SOURCE[0]}"
    [[ $1 == --help ]] && exit 0 || exit 2
    ;;
  esac
done
mkdir -p "$output"
table=$output/gpu.md log=$output/gpu.log
: >"$log"
weights=$(mktemp -d)
trap 'rm -rf "$weights"' EXIT

# $1: program; the rest: its arguments. Packed programs bring their libraries.
run() {
  local program=$build/$1
  shift
  if [[ -x $build/launch ]]; then
    "$build/launch" "$program" "$@" 2>>"$log"
  else
    "$program" "$@" 2>>"$log"
  fi
}

# Names of the reference's numbers, whose exceptions the weights need.
declare -A reference=([tiny]=sam21_t [small]=sam21_s [base-plus]=sam21_bp
  [large]=sam21_l [edgetam]=edgetam)

# Prints the file of model $1.
model_file() {
  local file=$weights/$1.safetensors variant=sam2.1-$1
  [[ $1 != edgetam ]] || variant=edgetam
  if [[ $1 == nano ]]; then
    file=$here/models/sam2.1-nano.safetensors
  elif [[ ! -f $file ]]; then
    run tools/sam2-make-weights "$variant" "$file" --seed-adjust \
      "$here/tests/data/goldens/${reference[$1]}_adjust.json" >&2
  fi
  echo "$file"
}

# A failure is a row too: the others are wanted all the same.
rows() {
  run benchmarks/sam2-bench-device --device "$device" "$@" | tee -a "$table" ||
    echo "| failed: $* ($(tail -n 1 "$log")) |" | tee -a "$table"
}

{
  echo "# $(date -u +%F), device $device"
  nvidia-smi --query-gpu=name,driver_version,memory.total --format=csv,noheader 2>>"$log" || true
  echo
  echo "| model | device | precision | memory fraction | objects | mean IoU | least IoU | ms | frames/s | weights MiB | peak MiB |"
  echo "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
} | tee "$table"
for model in $models; do
  for precision in $precisions; do
    rows --precision "$precision" --objects "$objects" --frames "$frames" \
      --model "$(model_file "$model")"
  done
done
for fraction in 0.5 0.1 0.02 0.005; do
  rows --precision bf16 --objects "$objects" --frames "$frames" --compare 0 \
    --memory-fraction "$fraction" --model "$(model_file "${models%% *}")"
done
nvidia-smi >>"$log" 2>&1 || true
echo "The table is $table, messages are in $log."
