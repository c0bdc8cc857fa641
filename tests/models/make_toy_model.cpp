/// make_toy_model FILE SIDE: a brightness detector for inputs of SIDE pixels. Tests of the program start it, so that
/// they need no libtorch themselves.
#include "tests/models/toy_networks.hpp"

#include <cstdlib>

int main(int argc, char** argv) {
  if (argc != 3)
    return 2;
  timeloom::tests::write_brightness_detector(argv[1], std::atoi(argv[2]));
}
