#include "textures.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>
#include <vector>

namespace sam2::train {
namespace {

// Cells are searched by brute force, so they are made small and enlarged.
constexpr int kVoronoiSide = 160;
// Textures below need no picture in full size.
constexpr int kSmallTexture_px = 150;

cv::Mat noise_grid(Random &random, int cells) {
  cv::Mat grid(cells, cells, CV_32FC1);
  cv::RNG(random.bits()).fill(grid, cv::RNG::UNIFORM, 0, 1);
  return grid;
}

// `value` of the position in periods along a random direction, bent by noise.
template <typename Value>
cv::Mat wave_field(Random &random, cv::Size size, const Value &value) {
  const double angle = random.angle();
  const double periods = random.log_uniform(2, 30);
  const double step = periods / std::max(size.width, size.height);
  const double u_x = std::cos(angle) * step, u_y = std::sin(angle) * step;
  const double bend = random.chance(0.5) ? random.uniform(0, 2) : 0;
  const cv::Mat noise = fractal_noise(random, size, 3);
  cv::Mat field(size, CV_32FC1);
  for (int y = 0; y < size.height; ++y) {
    const float *bent = noise.ptr<float>(y);
    float *out = field.ptr<float>(y);
    for (int x = 0; x < size.width; ++x) {
      const double shift = bend * bent[x];
      out[x] = value(u_x * x + u_y * y + shift, u_x * y - u_y * x + shift);
    }
  }
  return field;
}

float odd(double value) {
  return static_cast<float>(static_cast<int64_t>(std::floor(value)) & 1);
}

cv::Mat stripes(Random &random, cv::Size size) {
  if (random.chance(0.5))
    return wave_field(random, size, [](double u, double) { return odd(u); });
  return wave_field(random, size, [](double u, double) {
    const double part = u - std::floor(u);
    return static_cast<float>(std::abs(2 * part - 1));
  });
}

cv::Mat checker(Random &random, cv::Size size) {
  return wave_field(random, size, [](double u, double v) {
    return std::abs(odd(u) - odd(v));
  });
}

cv::Mat voronoi(Random &random, cv::Size size) {
  std::vector<cv::Point3f> seeds(random.integer(5, 30));
  for (cv::Point3f &seed : seeds)
    seed = cv::Point3f(random.unit() * kVoronoiSide,
                       random.unit() * kVoronoiSide, random.unit());
  cv::Mat cells(kVoronoiSide, kVoronoiSide, CV_32FC1);
  for (int y = 0; y < kVoronoiSide; ++y)
    for (int x = 0; x < kVoronoiSide; ++x) {
      float nearest = 1e9f;
      for (const cv::Point3f &seed : seeds) {
        const float d_x = seed.x - x, d_y = seed.y - y;
        const float distance = d_x * d_x + d_y * d_y;
        if (distance >= nearest) continue;
        nearest = distance;
        cells.at<float>(y, x) = seed.z;
      }
    }
  cv::resize(cells, cells, size, 0, 0, cv::INTER_LINEAR);
  return cells;
}

cv::Mat gradient(Random &random, cv::Size size) {
  cv::Mat field;
  cv::resize(noise_grid(random, random.integer(2, 3)), field, size, 0, 0,
             cv::INTER_LINEAR);
  return field;
}

cv::Vec3d random_colour(Random &random) {
  const double grey = random.uniform(10, 245);
  const double strength = random.unit();
  cv::Vec3d colour;
  for (int c = 0; c < 3; ++c)
    colour[c] = grey + strength * (random.uniform(0, 255) - grey);
  return colour;
}

// A row of 256 colours that runs through a few random ones.
cv::Mat random_palette(Random &random) {
  cv::Mat few(1, random.integer(2, 5), CV_8UC3);
  for (int i = 0; i < few.cols; ++i)
    few.at<cv::Vec3b>(0, i) = random_colour(random);
  cv::Mat palette;
  cv::resize(few, palette, cv::Size(256, 1), 0, 0, cv::INTER_LINEAR);
  return palette;
}

cv::Mat coloured(Random &random, const cv::Mat &field) {
  cv::Mat levels, texture;
  field.convertTo(levels, CV_8U, 255);
  cv::merge(std::vector<cv::Mat>(3, levels), texture);
  cv::LUT(texture, random_palette(random), texture);
  return texture;
}

// Surfaces are seldom evenly lit.
void shade(Random &random, cv::Mat &texture) {
  cv::Mat light = fractal_noise(random, texture.size(), random.integer(2, 12));
  const double depth = random.uniform(0.1, 0.6);
  cv::Mat levels, light3;
  light.convertTo(levels, CV_8U, 255 * depth, 255 * (1 - depth));
  cv::merge(std::vector<cv::Mat>(3, levels), light3);
  cv::multiply(texture, light3, texture, 1.0 / 255);
}

cv::Mat picture_piece(Random &random, const cv::Mat &picture, cv::Size size) {
  const double ratio = static_cast<double>(size.width) / size.height;
  const double part = random.log_uniform(0.15, 0.9);
  const double width =
      part * std::min<double>(picture.cols, picture.rows * ratio);
  const cv::Size piece(std::max(2, static_cast<int>(width)),
                       std::max(2, static_cast<int>(width / ratio)));
  if (piece.width > picture.cols || piece.height > picture.rows) return picture;
  const cv::Rect rect(cv::Point(random.integer(0, picture.cols - piece.width),
                                random.integer(0, picture.rows - piece.height)),
                      piece);
  return picture(rect);
}

}  // namespace

cv::Mat fractal_noise(Random &random, cv::Size size, int cells) {
  const double fall = random.uniform(0.35, 0.75);
  cv::Mat sum = cv::Mat::zeros(size, CV_32FC1);
  double weight = 1, total = 0;
  const int finest = std::min(std::max(size.width, size.height), 128);
  for (; cells <= finest; cells *= 2, weight *= fall) {
    cv::Mat octave;
    cv::resize(noise_grid(random, cells), octave, size, 0, 0, cv::INTER_LINEAR);
    cv::scaleAdd(octave, weight, sum, sum);
    total += weight;
  }
  if (total > 0) sum.convertTo(sum, CV_32F, 1 / total);
  return sum;
}

cv::Mat procedural_texture(Random &random, cv::Size size) {
  cv::Mat field;
  switch (random.integer(0, 6)) {
    case 0:
      field = gradient(random, size);
      break;
    case 1:
      field = stripes(random, size);
      break;
    case 2:
      field = checker(random, size);
      break;
    case 3:
      field = voronoi(random, size);
      break;
    default:
      field = fractal_noise(random, size, random.integer(2, 12));
  }
  cv::Mat texture = coloured(random, field);
  if (random.chance(0.6)) shade(random, texture);
  return texture;
}

cv::Mat any_texture(Random &random, const PictureLibrary &library,
                    cv::Size size) {
  if (!library.has_scenery() || random.chance(0.4))
    return procedural_texture(random, size);
  const bool small = std::max(size.width, size.height) < kSmallTexture_px;
  const cv::Mat picture = library.draw_scenery(random, small);
  cv::Mat texture;
  cv::resize(picture_piece(random, picture, size), texture, size, 0, 0,
             cv::INTER_AREA);
  return texture;
}

}  // namespace sam2::train
