// The element sam2jsondec; its documentation is in sam2jsondec.cc.
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

GST_ELEMENT_REGISTER_DECLARE(sam2jsondec);

G_END_DECLS
