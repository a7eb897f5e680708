#include "http/tls_channel.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <new>
#include <utility>

#include "http/certificate.h"

namespace http {
namespace {

// An empty buffer means that the rest is on its way, and not that the client is gone.
BIO* new_buffer() {
  BIO* buffer = BIO_new(BIO_s_mem());
  if (buffer == nullptr) throw std::bad_alloc();
  BIO_set_mem_eof_return(buffer, -1);
  return buffer;
}

}  // namespace

TlsChannel::TlsChannel(std::shared_ptr<const TlsContext> context)
    : context_(std::move(context)), session_(context_->new_session()) {
  if (session_ == nullptr) throw std::bad_alloc();
  SSL_set0_rbio(session_, new_buffer());
  SSL_set0_wbio(session_, new_buffer());
  SSL_set_accept_state(session_);
}

TlsChannel::~TlsChannel() {
  SSL_free(session_);
}

void TlsChannel::feed(std::string_view encrypted) {
  BIO_write(SSL_get_rbio(session_), encrypted.data(), static_cast<int>(encrypted.size()));
}

TlsChannel::Handshake TlsChannel::shake_hands() {
  ERR_clear_error();
  const int result = SSL_do_handshake(session_);
  collect();
  if (result == 1) return Handshake::done;
  if (SSL_get_error(session_, result) == SSL_ERROR_WANT_READ) return Handshake::need_more;
  is_broken_ = true;
  const long verdict = SSL_get_verify_result(session_);
  failure_ = openssl_reason();
  if (verdict != X509_V_OK) {
    failure_ += std::string(": ") + (verdict == X509_V_ERR_APPLICATION_VERIFICATION
                                         ? "none of its names is in client_allowed_sans"
                                         : X509_verify_cert_error_string(verdict));
  }
  return Handshake::failed;
}

TlsChannel::Plain TlsChannel::read(std::span<char> buffer) {
  if (is_broken_) return {.size = 0, .is_over = true};
  ERR_clear_error();
  std::size_t size = 0;
  const int result = SSL_read_ex(session_, buffer.data(), buffer.size(), &size);
  if (result == 1) return {.size = size, .is_over = false};
  const int error = SSL_get_error(session_, result);
  if (error == SSL_ERROR_WANT_READ) return {};
  is_broken_ = error != SSL_ERROR_ZERO_RETURN;
  ERR_clear_error();
  collect();
  return {.size = 0, .is_over = true};
}

bool TlsChannel::write(std::string_view plain) {
  while (!plain.empty() && !is_broken_) {
    ERR_clear_error();
    std::size_t written = 0;
    is_broken_ = SSL_write_ex(session_, plain.data(), plain.size(), &written) != 1;
    plain.remove_prefix(written);
  }
  ERR_clear_error();
  collect();
  return !is_broken_;
}

void TlsChannel::end() {
  if (is_broken_) return;
  ERR_clear_error();
  SSL_shutdown(session_);
  ERR_clear_error();
  collect();
}

void TlsChannel::sent(std::size_t bytes) {
  sent_ += bytes;
  if (sent_ < unsent_.size()) return;
  unsent_ = std::string();  // thousands of idle connections must not each keep a buffer
  sent_ = 0;
}

void TlsChannel::collect() {
  BIO* made = SSL_get_wbio(session_);
  const std::size_t bytes = BIO_ctrl_pending(made);
  if (bytes == 0) return;
  const std::size_t before = unsent_.size();
  unsent_.resize(before + bytes);
  BIO_read(made, unsent_.data() + before, static_cast<int>(bytes));
}

}  // namespace http
