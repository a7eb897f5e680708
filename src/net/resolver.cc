#include "net/resolver.h"

#include <ares.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <utility>

namespace net {
namespace {

// ares_library_init() is not thread-safe; this is.
void initialize_library() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  if (status != ARES_SUCCESS) {
    throw std::runtime_error(std::string("c-ares: ") + ares_strerror(status));
  }
}

std::string advice(int status) {
  switch (status) {
    case ARES_ENOTFOUND:
      return "no such name; check its spelling and the search domains";
    case ARES_ENODATA:
      return "the name exists but has no address record";
    case ARES_ETIMEOUT:
      return "no name server answered; check resolv.conf and the network";
    case ARES_ECONNREFUSED:  // also what c-ares makes of SERVFAIL and REFUSED from all of them
      return "no name server could be reached or would answer; check resolv.conf and the servers "
             "in it";
    case ARES_EBADNAME:
      return "not a legal name; check its spelling";
    default:
      return ares_strerror(status);
  }
}

std::vector<base::SocketAddress> addresses_in(const ares_addrinfo& result) {
  std::vector<base::SocketAddress> addresses;
  for (const ares_addrinfo_node* node = result.nodes; node != nullptr; node = node->ai_next) {
    if (node->ai_family != AF_INET && node->ai_family != AF_INET6) continue;
    if (addresses.size() == kMaxAddressesPerName) break;
    base::SocketAddress address;
    address.size = std::min<socklen_t>(node->ai_addrlen, sizeof address.storage);
    std::memcpy(&address.storage, node->ai_addr, address.size);
    addresses.push_back(address);
  }
  return addresses;
}

Interest interest_of(bool readable, bool writable) {
  if (readable && writable) return Interest::read_write;
  return writable ? Interest::write : Interest::read;
}

}  // namespace

struct Resolver::Question {
  const Resolver& resolver;
  std::string name;
  Done done;
};

Resolver::Resolver(EventLoop& loop, Options options)
    : loop_(loop), options_(std::move(options)), read_(stamp_of(options_.resolv_conf)) {
  initialize_library();
  std::string path = options_.resolv_conf;  // c-ares copies it, but asks for a char*
  ares_options settings{};
  settings.resolvconf_path = path.data();
  settings.timeout = static_cast<int>(options_.server_timeout.count());
  settings.tries = kServerTries;
  settings.udp_port = settings.tcp_port = options_.port;
  settings.sock_state_cb = on_socket_state;
  settings.sock_state_cb_data = this;
  const int status =
      ares_init_options(&channel_, &settings,
                        ARES_OPT_RESOLVCONF | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                            ARES_OPT_UDP_PORT | ARES_OPT_TCP_PORT | ARES_OPT_SOCK_STATE_CB);
  if (status != ARES_SUCCESS) {
    throw std::runtime_error("cannot start name lookups: " + std::string(ares_strerror(status)) +
                             "; check " + options_.resolv_conf);
  }
  if (!options_.servers.empty()) use_servers();
}

Resolver::~Resolver() {
  is_ending_ = true;
  ares_destroy(channel_);
}

void Resolver::use_servers() {
  const int status = ares_set_servers_ports_csv(channel_, options_.servers.c_str());
  if (status == ARES_SUCCESS) return;
  ares_destroy(channel_);  // no destructor runs after a throwing constructor
  throw std::runtime_error("name servers \"" + options_.servers + "\": " + ares_strerror(status) +
                           "; give IP addresses with ports, like 127.0.0.1:53,[::1]:53");
}

Resolver::FileStamp Resolver::stamp_of(const std::string& path) {
  struct stat file {};
  if (stat(path.c_str(), &file) != 0) return {};
  return {.device = file.st_dev,
          .inode = file.st_ino,
          .bytes = file.st_size,
          .changed_seconds = file.st_mtim.tv_sec,
          .changed_nanoseconds = file.st_mtim.tv_nsec};
}

bool Resolver::is_outdated() const {
  return options_.servers.empty() && stamp_of(options_.resolv_conf) != read_;
}

void Resolver::look_up(const std::string& name, Done done) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  auto question = std::make_unique<Question>(Question{*this, name, std::move(done)});
  // c-ares calls back exactly once, also when the channel is destroyed: there it is freed.
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, on_answer, question.release());
}

void Resolver::on_answer(void* question, int status, int /*timeouts*/, ares_addrinfo* result) {
  const std::unique_ptr<Question> owned(static_cast<Question*>(question));
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> answers(result,
                                                                             ares_freeaddrinfo);
  if (owned->resolver.is_ending_ || status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
    return;
  Answer answer;
  if (status == ARES_SUCCESS && answers) answer.addresses = addresses_in(*answers);
  if (answer.addresses.empty()) {
    answer.problem = owned->name + ": " + advice(status == ARES_SUCCESS ? ARES_ENODATA : status);
  }
  owned->done(std::move(answer));
}

void Resolver::on_socket_state(void* resolver, int fd, int readable, int writable) {
  auto& self = *static_cast<Resolver*>(resolver);
  if (readable == 0 && writable == 0) {
    if (self.watched_.erase(fd) != 0) self.loop_.forget(fd);
    return;
  }
  const Interest interest = interest_of(readable != 0, writable != 0);
  const auto key = static_cast<std::uint64_t>(fd);
  if (self.watched_.contains(fd)) {
    self.loop_.change(fd, key, interest);
  } else if (self.loop_.watch(fd, key, interest)) {
    self.watched_.insert(fd);  // unwatched, the question would end in its time-out
  }
}

void Resolver::advance(std::span<const Ready> ready) {
  for (const Ready& each : ready) {
    const int fd = static_cast<int>(each.key);
    ares_process_fd(channel_, each.readable ? fd : ARES_SOCKET_BAD,
                    each.writable ? fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

std::optional<base::TimePoint> Resolver::next_due() const {
  timeval left{};
  if (ares_timeout(channel_, nullptr, &left) == nullptr) return std::nullopt;
  return base::Clock::now() + std::chrono::seconds(left.tv_sec) +
         std::chrono::microseconds(left.tv_usec);
}

}  // namespace net
