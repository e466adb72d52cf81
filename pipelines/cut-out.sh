#!/bin/bash
# Usage: pipelines/cut-out.sh [VIDEO] [OPTION]...
# Cuts the tracked objects out, onto transparency.
#   --output FILE   a name in .mov: ProRes 4444, for editing programs; or one in
#                   .png with %05d for the number: a picture a frame (default
#                   out/pipelines/cut-out.mov)
# There is no .webm: GStreamer 1.26 reads VP9 with alpha, but cannot write it.
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[output]=$out/cut-out.mov
read_arguments "$@"
use_video
case ${option[output]} in
*.mov) writer=("video/x-raw,format=A444_10LE" ! avenc_prores_ks profile=4444
  ! qtmux ! filesink "location=$(output)") ;;
*%*d*.png) writer=(pngenc ! multifilesink "location=$(output)") ;;
*) die "--output is \"${option[output]}\". Give a name in .mov, or in %05d.png." ;;
esac
launch "${video[@]}" ! "${tracker[@]}" ! sam2matte ! videoconvert ! "${writer[@]}"
