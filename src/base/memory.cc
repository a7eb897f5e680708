#include "base/memory.h"

#include <cstdlib>  // says whose library this is

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace base {

void share_one_arena() {
#ifdef __GLIBC__
  // NOLINTNEXTLINE(concurrency-mt-unsafe): no other thread has begun
  ::mallopt(M_ARENA_MAX, 1);
#endif
}

void give_back_freed_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

}  // namespace base
