#!/bin/bash
# Usage: pipelines/file-to-overlay.sh [VIDEO] [OPTION]...
# Writes VIDEO with the masks of the tracked objects drawn into it.
#   --output FILE   an MP4 (default out/pipelines/overlay.mp4)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[output]=$out/overlay.mp4
read_arguments "$@"
use_video
launch "${video[@]}" ! "${tracker[@]}" ! sam2overlay ! videoconvert \
  ! x264enc ! mp4mux ! filesink "location=$(output)"
