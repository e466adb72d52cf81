#!/bin/bash
# Usage: pipelines/folder.sh FOLDER [OPTION]...
# Tracks through all videos of FOLDER, one after the other, and writes for each
# NAME.mp4 the masks to NAME.ndjson. What to track in it says NAME.prompt beside
# it, a text as for --prompt, else --prompt. Finished videos are not done again.
#   --output FOLDER (default out/pipelines/folder)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[output]=$out/folder
read_arguments "$@"
[[ -d ${arguments[0]:-} ]] || die "There is no folder \"${arguments[0]:-}\"."
mkdir -p "${option[output]}"
shopt -s nullglob
for file in "$(readlink -f "${arguments[0]}")"/*.{mp4,mkv,webm,mov,avi}; do
  name=$(basename "${file%.*}")
  lines=$(readlink -f "${option[output]}")/$name.ndjson
  [[ ! -e $lines ]] || continue
  prompt=${option[prompt]}
  [[ ! -e ${file%.*}.prompt ]] || prompt=$(<"${file%.*}.prompt")
  launch filesrc "location=$file" ! decodebin ! videoconvert \
    ! "${tracker[@]}" "prompt=$prompt" ! sam2jsonenc \
    ! filesink "location=$lines.part"
  mv "$lines.part" "$lines"
done
