// The element sam2overlay; its documentation is in sam2overlay.cc.
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GST_ELEMENT_REGISTER_DECLARE(sam2overlay);

G_END_DECLS
