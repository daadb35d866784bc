# Two Debian packages, made by tools/package: troupe (the operator's program, and what machines of a system are set up
# with) and libtroupe-dev (what programs are made with). The components program and dev are installed elsewhere;
# system, which has files outside of the prefix, only by its name.
include(GNUInstallDirs)
set(documents ${CMAKE_INSTALL_DATAROOTDIR}/doc)

install(FILES README.md ARCHITECTURE.md CHANGELOG.md COMPONENT program DESTINATION ${documents}/troupe)
install(FILES LICENSE COMPONENT program DESTINATION ${documents}/troupe RENAME copyright)
install(FILES deploy/README.md COMPONENT program DESTINATION ${documents}/troupe/deploy)
install(DIRECTORY deploy/systemd/redis-server.service.d COMPONENT program DESTINATION ${documents}/troupe/deploy/systemd)
install(FILES runtime/include/troupe/GUIDE.md COMPONENT dev DESTINATION ${documents}/libtroupe-dev)
install(FILES LICENSE COMPONENT dev DESTINATION ${documents}/libtroupe-dev RENAME copyright)

# What an administrator edits, so that an upgrade leaves it alone.
file(GLOB nats_settings CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/deploy deploy/nats/*)
set(conffiles "")
foreach(setting node.toml node.env redis/redis.conf ${nats_settings})
  string(REPLACE "redis/redis.conf" "redis.conf" place /etc/troupe/${setting})
  get_filename_component(folder ${place} DIRECTORY)
  install(FILES deploy/${setting} COMPONENT system DESTINATION ${folder} EXCLUDE_FROM_ALL)
  string(APPEND conffiles ${place} "\n")
endforeach()
install(FILES deploy/systemd/troupe-nats.service deploy/systemd/troupe-node@.service
        COMPONENT system DESTINATION /usr/lib/systemd/system EXCLUDE_FROM_ALL)
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/debian/conffiles CONTENT "${conffiles}")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Troupe developers <troupe@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "runtime for event-sourced services on NATS JetStream")
set(CPACK_SET_DESTDIR ON) # for what lies outside of the prefix
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
                                                WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_ALL program system dev)
set(CPACK_COMPONENT_PROGRAM_GROUP troupe)
set(CPACK_COMPONENT_SYSTEM_GROUP troupe)
set(CPACK_COMPONENT_DEV_GROUP libtroupe-dev)

set(CPACK_DEBIAN_TROUPE_PACKAGE_NAME troupe)
set(CPACK_DEBIAN_TROUPE_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_TROUPE_PACKAGE_SECTION net)
set(CPACK_DEBIAN_TROUPE_DESCRIPTION
"Aggregates run as actors over NATS JetStream; services work together by
reacting to each other's events. This package has the operator's program,
which asks a running system, decodes what it stores and begins new services
(troupe new; each of them checks and mends its own), systemd units for NATS servers and for nodes of any program,
and commented configuration in /etc/troupe. It starts nothing by itself.")
set(CPACK_DEBIAN_TROUPE_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_TROUPE_PACKAGE_DEPENDS passwd)
set(CPACK_DEBIAN_TROUPE_PACKAGE_SUGGESTS "nats-server (>= 2.14.4), redis-server, systemd")
set(CPACK_DEBIAN_TROUPE_PACKAGE_CONTROL_EXTRA
    "${PROJECT_BINARY_DIR}/debian/conffiles;${PROJECT_SOURCE_DIR}/deploy/debian/postinst;${PROJECT_SOURCE_DIR}/deploy/debian/postrm")
set(CPACK_DEBIAN_TROUPE_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# The packages that TroupeConfig.cmake looks for, and what the public headers and a context's schemas need. Of one
# version with the program, whose dependencies tie the static library to the release of Debian it was compiled on.
file(READ runtime/cmake/TroupeDependencies.cmake dependencies)
string(REGEX MATCHALL "[a-z0-9.+-]+-dev" dev_packages "${dependencies}")
list(APPEND dev_packages libexpected-dev)
list(REMOVE_DUPLICATES dev_packages)
list(JOIN dev_packages ", " dev_packages)
set(CPACK_DEBIAN_LIBTROUPE-DEV_PACKAGE_NAME libtroupe-dev)
set(CPACK_DEBIAN_LIBTROUPE-DEV_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_LIBTROUPE-DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBTROUPE-DEV_DESCRIPTION
"This package has what programs of one's own are made with: headers, a static
library, schemas, a CMake package for find_package(Troupe), and a test kit for
Catch2. Begin with troupe new NAME, which writes a small repository.")
set(CPACK_DEBIAN_LIBTROUPE-DEV_PACKAGE_DEPENDS
    "troupe (= ${PROJECT_VERSION}), g++, cmake, protobuf-compiler, ${dev_packages}")
set(CPACK_DEBIAN_LIBTROUPE-DEV_PACKAGE_RECOMMENDS "libcatch2-dev (>= 3), ninja-build")
include(CPack)
