// What the process asks of the allocator. Without effect where it is not glibc's.
#pragma once

namespace base {

// One arena for all threads, from now on: each has its own of what it uses often, and what one
// thread's page of 10,000 targets took is there for the next one's. Before any thread begins.
void share_one_arena();

// Any thread. What was freed goes back to the kernel: after a configuration was read, many times
// its size.
void give_back_freed_memory();

}  // namespace base
