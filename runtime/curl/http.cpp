#include "runtime/curl/http.hpp"

#include "runtime/base/secrets.hpp"
#include "runtime/curl/handles.hpp"

namespace troupe::curl {

namespace {

std::size_t take(char* data, std::size_t size, std::size_t count, void* to) {
  auto& body = *static_cast<std::string*>(to);
  const std::size_t bytes = size * count;
  if (body.size() + bytes > response_size_max) return 0;  // makes libcurl fail the transfer
  body.append(data, bytes);
  return bytes;
}

/// Whether the last header of a response has come.
std::size_t take_header(char* data, std::size_t size, std::size_t count, void* to) {
  const std::size_t bytes = size * count;
  if (std::string_view(data, bytes) == "\r\n") *static_cast<bool*>(to) = true;
  return bytes;
}

Result<HttpResponse> perform(CURL* easy, const std::string& url,
                             std::chrono::milliseconds timeout) {
  HttpResponse response;
  bool answered = false;
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, &answered);
  curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &response.body);
  const CURLcode code = curl_easy_perform(easy);
  curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &response.status);
  response.whole = code == CURLE_OK;
  const bool final = answered && response.status >= 200;  // below: "go on", and nothing came of it
  if (!response.whole && !final) return retryable(redacted(url) + ": " + curl_easy_strerror(code));
  return response;
}

}  // namespace

Result<HttpResponse> http_get(const std::string& url, std::chrono::milliseconds timeout) {
  const Easy easy = make_easy();
  auto response = perform(easy.get(), url, timeout);
  if (response && !response->whole)
    return retryable(redacted(url) + ": the answer does not come to its end");
  return response;
}

Result<HttpResponse> http_post(const std::string& url,
                               const std::vector<std::pair<std::string, std::string>>& headers,
                               std::string_view body, std::chrono::milliseconds timeout) {
  const Easy easy = make_easy();
  List lines;
  for (const auto& [name, value] : headers) append(lines, name + ": " + value);
  curl_easy_setopt(easy.get(), CURLOPT_HTTPHEADER, lines.get());
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(easy.get(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
  return perform(easy.get(), url, timeout);
}

}  // namespace troupe::curl
