#include "runtime/nats/client/tls_wire.hpp"

#include <cerrno>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include "runtime/base/assert.hpp"

namespace troupe::nats {

namespace {

/// nats.c shows nobody the SSL that it makes, but OpenSSL does.
thread_local SSL* made_here = nullptr;

void on_made(void* ssl, void*, CRYPTO_EX_DATA*, int, long, void*) {
  made_here = static_cast<SSL*>(ssl);
}
void on_freed(void* ssl, void*, CRYPTO_EX_DATA*, int, long, void*) {
  if (made_here == ssl) made_here = nullptr;
}

BIO* make_memory() {
  BIO* memory = BIO_new(BIO_s_mem());
  TROUPE_ASSERT(memory != nullptr, "OpenSSL could not get memory");
  BIO_set_mem_eof_return(memory, -1);  // there may be more later
  return memory;
}

bool may_go_on() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

}  // namespace

void TlsWire::watch_openssl() {
  const int index = SSL_get_ex_new_index(0, nullptr, on_made, nullptr, on_freed);
  TROUPE_ASSERT(index >= 0, "OpenSSL does not tell what it makes");
}

std::shared_ptr<TlsWire> TlsWire::over(natsSock socket) {
  SSL* const ssl = std::exchange(made_here, nullptr);
  if (ssl == nullptr || SSL_get_fd(ssl) != socket) return nullptr;
  return std::make_shared<TlsWire>(ssl, socket);
}

TlsWire::TlsWire(SSL* ssl, natsSock socket)
    : ssl_(ssl), in_(make_memory()), out_(make_memory()), socket_(socket) {
  SSL_up_ref(ssl);
  SSL_set_bio(ssl, in_, out_);
}

TlsWire::~TlsWire() { SSL_free(ssl_); }

void TlsWire::receive() {
  Chunk chunk;
  ssize_t size = 0;
  {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    size = recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
  }
  if (size > 0)
    BIO_write(in_, chunk.data(), static_cast<int>(size));
  else if (size == 0 || !may_go_on())
    BIO_set_mem_eof_return(in_, 0);  // behind what has come
}

bool TlsWire::readable() {
  if (failed_) return false;
  ERR_clear_error();
  char first;
  const int seen = SSL_peek(ssl_, &first, 1);
  if (seen > 0) return true;
  if (SSL_get_error(ssl_, seen) == SSL_ERROR_WANT_READ) return false;
  failed_ = true;
  errno = 0;  // with an older EAGAIN in it nats.c would take the error for nothing to read
  return true;
}

void TlsWire::send() {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  for (;;) {
    if (begin_ == end_) {
      const int size = BIO_read(out_, chunk_.data(), static_cast<int>(chunk_.size()));
      if (size <= 0) break;
      begin_ = 0;
      end_ = static_cast<std::size_t>(size);
    }
    const auto sent =
        ::send(socket_, chunk_.data() + begin_, end_ - begin_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && may_go_on()) break;
    // A broken connection takes all: it is found when it is read.
    begin_ = sent < 0 ? end_ : begin_ + static_cast<std::size_t>(sent);
  }
  unsent_ = end_ - begin_ + BIO_pending(out_);
}

void TlsWire::end() {
  const std::lock_guard lock(mutex_);
  ended_ = true;
}

}  // namespace troupe::nats
