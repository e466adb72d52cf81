#!/bin/bash
# Usage: pipelines/background-blur.sh [VIDEO] [OPTION]...
# Blurs everything but the tracked objects, as in a video call.
#   --size N        how far the blur reaches, 2...256 pixels (default 24)
#   --output FILE   an MP4 (default out/pipelines/blur.mp4)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[size]=24
option[output]=$out/blur.mp4
read_arguments "$@"
use_video
launch "${video[@]}" ! "${tracker[@]}" \
  ! sam2matte mode=blur "blur-size=${option[size]}" ! videoconvert \
  ! x264enc ! mp4mux ! filesink "location=$(output)"
