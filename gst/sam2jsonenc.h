// The element sam2jsonenc; its documentation is in sam2jsonenc.cc.
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GST_ELEMENT_REGISTER_DECLARE(sam2jsonenc);

G_END_DECLS
