#include "http/engine.h"

// httplib needs it declared first.
#include <poll.h>

#include <httplib.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace http {
namespace {

// The flags in the library's .pc file change the layout of its types; without them everything
// compiles, links and then corrupts memory.
static_assert(sizeof(httplib::Request) == 608, "compile with the flags of cpp-httplib.pc");

// What we write is all it reads; what it writes is the answer's head.
class MemoryStream : public httplib::Stream {
 public:
  explicit MemoryStream(std::string_view request) : request_(request) {}

  bool is_readable() const override { return !request_.empty(); }
  bool is_writable() const override { return true; }
  ssize_t read(char* to, size_t size) override {
    const std::size_t bytes = request_.copy(to, size);
    request_.remove_prefix(bytes);
    return static_cast<ssize_t>(bytes);
  }
  // Never 0 for a size above 0: httplib would call again for ever.
  ssize_t write(const char* from, size_t size) override {
    written_.append(from, size);
    return static_cast<ssize_t>(size);
  }
  void get_remote_ip_and_port(std::string&, int&) const override {}
  void get_local_ip_and_port(std::string&, int&) const override {}
  socket_t socket() const override { return INVALID_SOCKET; }

  std::string take_written() { return std::move(written_); }

 private:
  std::string_view request_;
  std::string written_;
};

void replace_header(httplib::Response& response, const char* name, const std::string& value) {
  response.headers.erase(name);
  response.set_header(name, value);
}

std::string http_date(std::time_t time) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::array<char, 64> text{};  // strftime() would follow the locale for the names
  static_cast<void>(std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                  kDays.at(static_cast<std::size_t>(utc.tm_wday)), utc.tm_mday,
                                  kMonths.at(static_cast<std::size_t>(utc.tm_mon)),
                                  utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec));
  return text.data();
}

}  // namespace

class Engine::Server : public httplib::Server {
 public:
  Server() {
    set_pre_routing_handler([this](const httplib::Request&, httplib::Response& response) {
      put_answer(response);
      return HandlerResponse::Handled;
    });
    set_post_routing_handler(
        [this](const httplib::Request&, httplib::Response& response) { mend(response); });
  }

  std::string head(const Answer& answer, const Delivery& delivery) {
    answer_ = &answer;
    delivery_ = delivery;
    MemoryStream stream(delivery.head_only ? "HEAD / HTTP/1.1\r\n\r\n" : "GET / HTTP/1.1\r\n\r\n");
    bool ignored_verdict = false;
    process_request(stream, !delivery.keep_alive, ignored_verdict, nullptr);
    std::string head = stream.take_written();
    // A short answer would leave the client waiting for ever.
    if (!head.ends_with("\r\n\r\n")) throw std::logic_error("httplib wrote no whole head");
    return head;
  }

 private:
  // Without a body of its own httplib writes no body, and keeps our Content-Length.
  void put_answer(httplib::Response& response) const {
    response.status = answer_->status;
    const std::size_t bytes = body_bytes(*answer_);
    if (bytes > 0) response.set_header("Content-Type", answer_->content_type);
    for (const auto& [name, value] : answer_->headers) response.set_header(name, value);
    replace_header(response, "Content-Length", std::to_string(bytes));
  }

  void mend(httplib::Response& response) const {
    response.headers.erase("Accept-Ranges");  // it promises ranges in every answer to HEAD
    response.headers.erase("Keep-Alive");     // and limits that are not ours
    response.headers.erase("Connection");
    if (!delivery_.keep_alive) {
      response.set_header("Connection", "close");
    } else if (delivery_.is_http_1_0) {
      response.set_header("Connection", "keep-alive");
    }
    replace_header(response, "Date", http_date(delivery_.date));
  }

  const Answer* answer_ = nullptr;  // of the call under way
  Delivery delivery_;
};

Engine::Engine() : server_(std::make_unique<Server>()) {}
Engine::~Engine() = default;

std::string Engine::head(const Answer& answer, const Delivery& delivery) {
  const std::size_t bytes = body_bytes(answer);
  if (const Written* known = find(answer, bytes, delivery)) return known->head;
  std::string head = server_->head(answer, delivery);
  if (head.size() <= kMaxRememberedBytes) remember(answer, bytes, delivery, head);
  return head;
}

const Engine::Written* Engine::find(const Answer& answer, std::size_t body_bytes,
                                    const Delivery& delivery) const {
  for (const Written& each : written_) {
    if (each.body_bytes == body_bytes && each.status == answer.status &&
        each.delivery == delivery && each.content_type == answer.content_type &&
        each.headers == answer.headers) {
      return &each;
    }
  }
  return nullptr;
}

// A page of its own length each time takes the place of the oldest only, not of all.
void Engine::remember(const Answer& answer, std::size_t body_bytes, const Delivery& delivery,
                      const std::string& head) {
  Written written{.status = answer.status,
                  .body_bytes = body_bytes,
                  .content_type = answer.content_type,
                  .headers = answer.headers,
                  .delivery = delivery,
                  .head = head};
  if (written_.size() < kMaxRemembered) {
    written_.push_back(std::move(written));
    return;
  }
  written_[oldest_] = std::move(written);
  oldest_ = (oldest_ + 1) % kMaxRemembered;
}

}  // namespace http
