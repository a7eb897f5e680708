// A socket that listens for HTTP clients: tcp (a name is looked up once, here), or unix.
//
// A unix socket gets mode 0666: like a port on loopback it is open to every local user; who may
// reach it is said by the permissions of its directory. A socket file whose process has died is
// replaced; one that somebody still answers on, and anything that is not a socket, is an error.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "base/address.h"
#include "base/unique_fd.h"

namespace http {

struct Accepted {
  base::UniqueFd fd;
  base::SocketAddress peer;
  int error = 0;  // errno, when there is no descriptor
};

class Listener {
 public:
  // Throws std::system_error whose text names the address.
  explicit Listener(const base::Address& address);
  // One that listens already, such as systemd's; its socket file stays. Throws when it does not.
  explicit Listener(base::UniqueFd listening);
  ~Listener();  // removes the socket file, if it is still ours
  Listener(Listener&&) noexcept = default;
  Listener& operator=(Listener&&) = delete;

  int fd() const { return fd_.get(); }
  const base::Address& bound() const { return bound_; }  // port 0 has become a number

  // One connection, ready for an event loop.
  Accepted accept() const;
  bool has_waiting() const;  // whether accept() would find a connection

 private:
  base::UniqueFd fd_;
  base::Address bound_;
  dev_t device_ = 0;  // of our socket file
  ino_t inode_ = 0;   // 0: there is none
};

}  // namespace http
