// Every libcurl handle has one owning type.
#pragma once

#include <memory>

#include <curl/curl.h>

namespace troupe::curl {

struct EasyDeleter {
  void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
};

using Easy = std::unique_ptr<CURL, EasyDeleter>;
using List = std::unique_ptr<curl_slist, ListDeleter>;

/// A handle that never raises signals, which a program with threads must not, and goes where it is
/// told: proxies of the environment are for other programs.
Easy make_easy();

/// Appends a copy of `text`.
void append(List& list, const std::string& text);

}  // namespace troupe::curl
