#include "net/dns_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace net {
namespace {

constexpr std::size_t kHeaderBytes = 12;
constexpr int kTypeA = 1, kTypeAaaa = 28;
constexpr int kServerFailure = 2, kNoSuchName = 3;

struct Question {
  std::string name;  // without the last dot
  int type = 0;
  std::size_t end = 0;  // just behind it
};

// RFC 1035, section 4.1.2. Our own c-ares asks: the packet is well formed.
Question parse(const std::string& packet) {
  Question question;
  std::size_t at = kHeaderBytes;
  for (auto length = static_cast<unsigned char>(packet.at(at)); length != 0;
       length = static_cast<unsigned char>(packet.at(at))) {
    if (!question.name.empty()) question.name += '.';
    question.name += packet.substr(at + 1, length);
    at += length + 1U;
  }
  question.type = packet.at(at + 2);
  question.end = at + 5;
  return question;
}

void put16(std::string& bytes, std::size_t value) {
  bytes += static_cast<char>(value >> 8U);
  bytes += static_cast<char>(value & 0xFFU);
}

// One answer: the name as a pointer to the question, type, class IN, a TTL, the address.
std::string answer_record(int type, const std::string& address) {
  const int family = type == kTypeA ? AF_INET : AF_INET6;
  const std::size_t size = type == kTypeA ? 4 : 16;
  std::array<char, 16> raw{};
  inet_pton(family, address.c_str(), raw.data());
  std::string bytes("\xC0\x0C", 2);
  put16(bytes, static_cast<std::size_t>(type));
  put16(bytes, 1);
  put16(bytes, 0);
  put16(bytes, 60);
  put16(bytes, size);
  return bytes.append(raw.data(), size);
}

std::string reply(const std::string& packet, const Question& question, int code,
                  const std::vector<std::string>& records) {
  std::string bytes = packet.substr(0, 2);
  bytes += "\x81";  // a response, recursion desired
  bytes += static_cast<char>(0x80 | code);
  put16(bytes, 1);
  put16(bytes, records.size());
  put16(bytes, 0);
  put16(bytes, 0);
  bytes += packet.substr(kHeaderBytes, question.end - kHeaderBytes);
  for (const std::string& record : records) bytes += record;
  return bytes;
}

}  // namespace

DnsServer::DnsServer()
    : socket_(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)), stop_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (bind(socket_.get(), generic, size) != 0 || getsockname(socket_.get(), generic, &size) != 0) {
    throw std::system_error(errno, std::generic_category(), "DnsServer");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

DnsServer::~DnsServer() {
  eventfd_write(stop_.get(), 1);
  thread_.join();
}

void DnsServer::knows(const std::string& name, std::vector<std::string> addresses) {
  base::MutexLock lock(mutex_);
  names_[name] = {Manner::answers, std::move(addresses)};
}

void DnsServer::forgets(const std::string& name) {
  base::MutexLock lock(mutex_);
  names_.erase(name);
}

void DnsServer::never_answers(const std::string& name) {
  base::MutexLock lock(mutex_);
  names_[name] = {Manner::silent, {}};
}

void DnsServer::fails(const std::string& name) {
  base::MutexLock lock(mutex_);
  names_[name] = {Manner::fails, {}};
}

std::size_t DnsServer::questions_for(const std::string& name) const {
  base::MutexLock lock(mutex_);
  const auto found = questions_.find(name);
  return found == questions_.end() ? 0 : found->second;
}

void DnsServer::wait_for_question(const std::string& name) const {
  base::MutexLock lock(mutex_);
  while (!questions_.contains(name)) asked_.wait(mutex_);
}

void DnsServer::run() {
  while (true) {
    std::array<pollfd, 2> fds{{{socket_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), -1);
    if (fds[1].revents != 0) return;
    std::array<char, 512> buffer{};
    sockaddr_storage from{};
    socklen_t from_size = sizeof from;
    auto* peer = reinterpret_cast<sockaddr*>(&from);
    const ssize_t size =
        recvfrom(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT, peer, &from_size);
    if (size < static_cast<ssize_t>(kHeaderBytes)) continue;
    const std::string bytes = reply_to({buffer.data(), static_cast<std::size_t>(size)});
    if (!bytes.empty()) sendto(socket_.get(), bytes.data(), bytes.size(), 0, peer, from_size);
  }
}

std::string DnsServer::reply_to(const std::string& packet) {
  const Question question = parse(packet);
  base::MutexLock lock(mutex_);
  ++questions_[question.name];
  asked_.notify_all();
  const auto found = names_.find(question.name);
  if (found == names_.end()) return reply(packet, question, kNoSuchName, {});
  const Name& name = found->second;
  if (name.manner == Manner::silent) return "";
  if (name.manner == Manner::fails) return reply(packet, question, kServerFailure, {});
  std::vector<std::string> records;
  for (const std::string& address : name.addresses) {
    const int type = address.find(':') == std::string::npos ? kTypeA : kTypeAaaa;
    if (type == question.type) records.push_back(answer_record(type, address));
  }
  return reply(packet, question, 0, records);
}

}  // namespace net
