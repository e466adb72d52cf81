// The element sam2matte; its documentation is in sam2matte.cc.
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GST_ELEMENT_REGISTER_DECLARE(sam2matte);

G_END_DECLS
