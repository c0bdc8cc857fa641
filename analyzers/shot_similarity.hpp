/// How alike two pictures are, whatever the light and, in part, wherever things moved. Pure functions of two pictures.
#pragma once

#include "analyzers/shot_picture.hpp"

namespace timeloom {

/// How well the structure of two pictures agrees in [0, 1] under local displacements of up to a fifth of the picture,
/// whatever their brightness and contrast: the zero-mean normalised correlation of (16, 16) windows of the half-size
/// luma at their common best displacement, weighted by contrast. Costs about as much as ten frames of `block_matcher`.
/// Black bars that both pictures have do not count. Of two pictures without structure, 1 when they have the same tone.
double structural_agreement(const shot_picture& a, const shot_picture& b);

/// How much of the contrast of one picture a tone curve applied to the other explains, in [0, 1]: near 1 for a still
/// scene in another light, even where it is clipped. The better of both directions; 0 when either has no structure.
double tone_agreement(const shot_picture& a, const shot_picture& b);

/// How far apart the two colour distributions are, in [0, 1]: coarse histograms of luma and chroma in each of
/// (2, 2) quarters, half their L1 distance, the mean over the quarters.
double histogram_distance(const shot_picture& a, const shot_picture& b);

} // namespace timeloom
