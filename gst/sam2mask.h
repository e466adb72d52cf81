// The element sam2mask; its documentation is in sam2mask.cc.
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GST_ELEMENT_REGISTER_DECLARE(sam2mask);

G_END_DECLS
