// The element sam2track; its documentation is in sam2track.cc.
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GST_ELEMENT_REGISTER_DECLARE(sam2track);

G_END_DECLS
