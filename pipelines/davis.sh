#!/bin/bash
# Usage: pipelines/davis.sh [VIDEO] [OPTION]...
# Writes pictures and label maps in the folders of the data set DAVIS, which
# sam2-eval and training code read. A pixel's value is the object's id.
#   --name NAME     of the sequence (default: ball)
#   --output FOLDER (default out/pipelines/davis)
set -euo pipefail
# shellcheck source=pipelines/environment.sh
source "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/environment.sh"

option[name]=ball
option[output]=$out/davis
read_arguments "$@"
use_video
folder=$(output)
pictures=$folder/JPEGImages/480p/${option[name]}
labels=$folder/Annotations/480p/${option[name]}
mkdir -p "$pictures" "$labels"
launch "${video[@]}" ! "${tracker[@]}" ! tee name=result \
  result. ! queue ! videoconvert ! jpegenc quality=95 \
  ! multifilesink "location=$pictures/%05d.jpg" \
  result. ! queue ! sam2mask values=id ! pngenc \
  ! multifilesink "location=$labels/%05d.png"
