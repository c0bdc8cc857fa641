#include "tests/actors/allocations.hpp"

#include <cstdlib>
#include <new>

namespace timeloom {

thread_local std::size_t allocated = 0;

} // namespace timeloom

#ifndef __SANITIZE_ADDRESS__ // which has its own, and wants both halves of the pair to be the same; it counts nothing

void* operator new(std::size_t size) {
  timeloom::allocated += size;
  if (void* memory = std::malloc(size > 0 ? size : 1))
    return memory;
  throw std::bad_alloc{};
}

void operator delete(void* memory) noexcept {
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

#endif
