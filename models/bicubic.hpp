/// Bicubic resizing with antialiasing, as torchvision does it on 8-bit pictures on a CPU.
#pragma once

#include "models/rgb_picture.hpp"

namespace timeloom {

/// The picture at another size; all sizes are at least 1.
///
/// First the rows, then the columns, each with Keys' kernel (a = -0.5, IEEE TASSP 29(6), 1981) that is widened when
/// the picture shrinks; the weights are rounded to 16 bits and each pass to whole levels, as in ATen's
/// `_upsample_bicubic2d_aa` for uint8. Pillow does the same with weights of 22 bits and so differs by 1 at times.
rgb_picture resize_bicubic(const rgb_view& picture, int width, int height);

} // namespace timeloom
