#!/bin/bash
# Usage: benchmarks/pack.sh BUILD_FOLDER TORCH_PREFIX ARCHIVE.tar.gz
# Packs gpu.sh, its programs and their libraries, for a machine that has the
# PyTorch they were built for, and nothing else of ours. There:
#   tar xf ARCHIVE.tar.gz && gpu-check/benchmarks/gpu.sh
set -euo pipefail
if [[ $# -ne 3 ]]; then
  sed -n '2,/^set/{/^# /s/^# //p}' "${BASH_SOURCE[0]}"
  exit 2
fi
build=$1 torch=$(readlink -f "$2") archive=$3
source=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
pack=$folder/gpu-check
mkdir -p "$pack"/{benchmarks,tools,models,lib,tests/data/goldens}

cp "$source/benchmarks/gpu.sh" "$pack/benchmarks"
cp "$source"/models/*.safetensors "$pack/models"
cp "$source"/tests/data/goldens/*_adjust.json "$pack/tests/data/goldens"
for program in benchmarks/sam2-bench-device benchmarks/sam2-bench-components \
  benchmarks/sam2-bench-objects tools/sam2-make-weights; do
  strip -o "$pack/$program" "$build/$program"
  # Paths of all libraries; LibTorch and what came with it are there already.
  ldd "$pack/$program" | grep -oE '/[^ ]+' | while read -r library; do
    library=$(readlink -f "$(dirname "$library")")/$(basename "$library")
    [[ $library == "${torch%/*}"/* ]] || cp -L "$library" "$pack/lib"
  done
done

cat >"$pack/launch" <<'LAUNCH'
#!/bin/bash
# Runs a packed program with its own libraries and the LibTorch of python3.
pack=$(dirname "$(readlink -f "$0")")
torch=${SAM2_TORCH_PREFIX:-$(python3 -c 'import torch; print(torch.__path__[0])')}
exec "$pack"/lib/ld-linux-*.so.* --library-path \
  "$pack/lib:$torch/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}" "$@"
LAUNCH
chmod +x "$pack/launch"
tar -C "$folder" -czf "$archive" gpu-check
echo "$archive: $(du -h "$archive" | cut -f1)"
