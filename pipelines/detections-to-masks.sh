#!/bin/bash
# Usage: pipelines/detections-to-masks.sh [VIDEO] [OPTION]...
# Makes tracked masks of the boxes that a detector finds, and draws them.
#   --detector TEXT elements that find objects, with "!" between them, such as
#                   "onnxinference model-file=FILE ! ssdobjectdetector"; full
#                   paths of files, if tools/shell is a root of its own
#   --boxes FILE    or what was found before, in the lines of ndjson.sh: an "id"
#                   of -1 is a box that nobody tracks, "iou" how sure it is
#                   (default: the ball of the drawn clip, on every 20th frame)
#   --output FILE   an MP4 (default out/pipelines/detections.mp4)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

# Prints a line with one box; arguments: frame, x, y, width and height.
found_ball() {
  printf '{"frame":%d,"width":320,"height":240,"objects":[%s%d,%d,%d,%d]}]}\n' \
    "$1" '{"id":-1,"label":"ball","iou":0.95,"box":[' "${@:2}"
}

option[prompt]=
option[detector]=
option[boxes]=
option[output]=$out/detections.mp4
read_arguments "$@"
use_video
if [[ -n ${option[detector]} ]]; then
  read -ra detector <<<"${option[detector]}"
else
  if [[ -z ${option[boxes]} ]]; then
    ((${#arguments[@]} == 0)) || die "Give --detector or --boxes for your video."
    option[boxes]=$out/ball-boxes.ndjson
    {
      found_ball 0 142 102 37 37
      found_ball 20 224 179 37 38
      found_ball 40 275 200 37 37
    } >"${option[boxes]}"
  fi
  detector=(sam2jsondec "location=$(readable "${option[boxes]}")")
fi
launch "${video[@]}" ! "${detector[@]}" ! "${tracker[@]}" ! sam2overlay \
  ! videoconvert ! x264enc ! mp4mux ! filesink "location=$(output)"
