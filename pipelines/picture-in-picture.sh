#!/bin/bash
# Usage: pipelines/picture-in-picture.sh [VIDEO] [OPTION]...
# Shows the objects alone, with the whole picture small in the corner.
#   --output FILE   an MP4 (default out/pipelines/picture-in-picture.mp4)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[output]=$out/picture-in-picture.mp4
read_arguments "$@"
use_video
# The compositor drops metadata: masks are made use of before it. It takes
# pictures of the same time from both of its inputs.
launch compositor name=screen sink_1::width=96 sink_1::height=72 \
  sink_1::xpos=8 sink_1::ypos=8 ! videoconvert ! x264enc ! mp4mux \
  ! filesink "location=$(output)" \
  "${video[@]}" ! "${tracker[@]}" ! tee name=result \
  result. ! queue ! sam2matte mode=colour colour=0xff202020 ! videoconvert \
  ! screen.sink_0 \
  result. ! queue ! sam2overlay ! videoconvert ! screen.sink_1
