#!/bin/bash
# Usage: pipelines/rtsp.sh rtsp://HOST[:PORT]/PATH [OPTION]...
# Tracks through a network camera's stream and records it with its masks until
# the stream ends, or Ctrl-C.
#   --output FILE   an MP4 (default out/pipelines/rtsp.mp4)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[output]=$out/rtsp.mp4
read_arguments "$@"
[[ ${arguments[0]:-} == rtsp*://* ]] || die "Give the address of a stream, rtsp://HOST/PATH."
# Over TCP: a lost packet would be a broken picture, and a wrong mask.
launch rtspsrc "location=${arguments[0]}" protocols=tcp ! decodebin \
  ! videoconvert ! "${tracker[@]}" ! sam2overlay ! videoconvert \
  ! x264enc tune=zerolatency ! mp4mux ! filesink "location=$(output)"
