#include "runtime/curl/handles.hpp"

#include "runtime/base/assert.hpp"

namespace troupe::curl {

Easy make_easy() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  TROUPE_ASSERT(ready, "libcurl cannot be initialised");
  Easy easy(curl_easy_init());
  TROUPE_ASSERT(easy != nullptr, "libcurl is out of memory");
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  return easy;
}

void append(List& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list.get(), text.c_str());
  TROUPE_ASSERT(longer != nullptr, "libcurl is out of memory");
  (void)list.release();  // curl_slist_append returns the head, which owns all
  list.reset(longer);
}

}  // namespace troupe::curl
