# Finds what the runtime links, and makes targets where its packages bring none: Troupe::nats, Troupe::uv,
# Troupe::hiredis, Troupe::microhttpd, Troupe::tomlplusplus, Troupe::caf and Troupe::allocator. What is missing is listed in
# TROUPE_MISSING, by the names of Debian's packages.
set(TROUPE_MISSING "")

# _troupe_library(<name> <package> <header> <library>): the target Troupe::<name>.
function(_troupe_library name package header library)
  if(TARGET Troupe::${name})
    return()
  endif()
  find_path(TROUPE_${name}_INCLUDE ${header})
  find_library(TROUPE_${name}_LIBRARY ${library})
  mark_as_advanced(TROUPE_${name}_INCLUDE TROUPE_${name}_LIBRARY)
  if(TROUPE_${name}_INCLUDE AND TROUPE_${name}_LIBRARY)
    add_library(Troupe::${name} UNKNOWN IMPORTED GLOBAL)
    set_target_properties(Troupe::${name} PROPERTIES IMPORTED_LOCATION ${TROUPE_${name}_LIBRARY}
                          INTERFACE_INCLUDE_DIRECTORIES ${TROUPE_${name}_INCLUDE})
  else()
    set(TROUPE_MISSING ${TROUPE_MISSING} ${package} PARENT_SCOPE)
  endif()
endfunction()

# _troupe_package(<name> <package> <components>…): by the package's own configuration.
macro(_troupe_package name package)
  find_package(${name} QUIET ${ARGN})
  if(NOT ${name}_FOUND)
    list(APPEND TROUPE_MISSING ${package})
  endif()
endmacro()

_troupe_package(Threads libc6-dev)
_troupe_package(Protobuf libprotobuf-dev)
if(Protobuf_FOUND AND NOT TARGET protobuf::protoc)
  list(APPEND TROUPE_MISSING protobuf-compiler)
endif()
find_path(TROUPE_expected_INCLUDE tl/expected.hpp)
mark_as_advanced(TROUPE_expected_INCLUDE)
if(NOT TROUPE_expected_INCLUDE)
  list(APPEND TROUPE_MISSING libexpected-dev)
endif()
_troupe_package(OpenSSL libssl-dev COMPONENTS Crypto SSL)
_troupe_package(CURL libcurl4-openssl-dev)
_troupe_package(spdlog libspdlog-dev)
_troupe_package(prometheus-cpp prometheus-cpp-dev)
_troupe_library(nats libnats-dev nats/nats.h nats)
_troupe_library(uv libuv1-dev uv.h uv)
_troupe_library(hiredis libhiredis-dev hiredis/hiredis.h hiredis)
_troupe_library(microhttpd libmicrohttpd-dev microhttpd.h microhttpd)
_troupe_library(caf libcaf-dev caf/all.hpp caf_core)
_troupe_library(tomlplusplus libtomlplusplus-dev toml++/toml.h tomlplusplus)
_troupe_library(tcmalloc libgoogle-perftools-dev gperftools/tcmalloc.h tcmalloc_minimal)

# Messages are made on one thread and freed on another, which glibc's arenas are slow at. Sanitizers
# bring an allocator of their own.
if(NOT TARGET Troupe::allocator)
  add_library(Troupe::allocator INTERFACE IMPORTED GLOBAL)
  if(TARGET Troupe::tcmalloc AND NOT TROUPE_SANITIZE AND NOT "${CMAKE_CXX_FLAGS}${CMAKE_CXX_FLAGS_DEBUG}" MATCHES "-fsanitize")
    target_link_libraries(Troupe::allocator INTERFACE -Wl,--no-as-needed Troupe::tcmalloc -Wl,--as-needed)
  endif()
endif()
