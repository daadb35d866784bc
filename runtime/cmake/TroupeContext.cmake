# Libraries of contexts: their schemas, compiled, and their code.
#
# troupe_context(NAME <name> SCHEMAS <proto>… [SCHEMA_ROOT <folder>] [SOURCES <file>…] [HEADER <file>]
#                [IMPORTS <library>…] [REACTS_TO <library>…])
#
# The library <name> of a context. Schemas are named from SCHEMA_ROOT, by default schemas/ beside the
# CMakeLists.txt, and included as "billing/v1/events.pb.h"; headers are included from the folder of the
# CMakeLists.txt. HEADER, by default <name>.hpp, holds the context's struct.
# What others may react to stands in files called events.proto: they are the library <name>_events, and
# the only one of the context that another context links. All else is private.
# IMPORTS are libraries of schemas that these schemas import, REACTS_TO those of other contexts' events.
#
#   troupe_context(NAME billing SCHEMAS billing/v1/events.proto billing/v1/commands.proto
#                  REACTS_TO ordering_events)
#   target_link_libraries(billing_tests PRIVATE billing Troupe::testing)
#
# troupe_events(NAME <name> SCHEMAS <proto>… [SCHEMA_ROOT <folder>] [IMPORTS <library>…])
#
# The library <name> of schemas that several contexts share: events that another team publishes, with
# all that they import, or a vocabulary.
#
#   troupe_events(NAME ordering_events SCHEMA_ROOT from-the-shop
#                 SCHEMAS ordering/v1/events.proto money/v1/money.proto)
#
# A program holds each schema once: a second library of the same one is an error.

function(troupe_events)
  _troupe_parse(troupe_events library "NAME;SCHEMA_ROOT" "SCHEMAS;IMPORTS" ${ARGV})
  _troupe_schemas(troupe_events ${library_NAME} "${library_SCHEMA_ROOT}" "${library_SCHEMAS}" "${library_IMPORTS}")
endfunction()

function(troupe_context)
  _troupe_parse(troupe_context context "NAME;SCHEMA_ROOT;HEADER" "SCHEMAS;SOURCES;IMPORTS;REACTS_TO" ${ARGV})
  set(name ${context_NAME})
  if(NOT context_HEADER)
    set(context_HEADER ${name}.hpp)
  endif()
  if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${context_HEADER})
    message(FATAL_ERROR "troupe_context(NAME ${name}): there is no ${CMAKE_CURRENT_SOURCE_DIR}/${context_HEADER}: "
                        "say which HEADER holds the context's struct.")
  endif()

  set(published ${context_SCHEMAS})
  list(FILTER published INCLUDE REGEX "(^|/)events\\.proto$")
  set(private ${context_SCHEMAS})
  list(FILTER private EXCLUDE REGEX "(^|/)events\\.proto$")
  set(libraries ${context_IMPORTS})
  if(published)
    _troupe_schemas(troupe_context ${name}_events "${context_SCHEMA_ROOT}" "${published}" "${libraries}")
    list(APPEND libraries ${name}_events)
  endif()
  if(private)
    _troupe_schemas(troupe_context ${name}_schemas "${context_SCHEMA_ROOT}" "${private}" "${libraries}")
    list(APPEND libraries ${name}_schemas)
  endif()

  # At least this: the header stands alone, with what the context links and nothing else.
  set(alone ${CMAKE_CURRENT_BINARY_DIR}/${name}-context/${name}.cpp)
  file(CONFIGURE OUTPUT ${alone} @ONLY CONTENT "#include \"@context_HEADER@\"\n")
  add_library(${name} STATIC ${alone} ${context_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC Troupe::domain ${libraries} ${context_REACTS_TO})
endfunction()

# Sets <prefix>_<keyword> where `caller` is called.
function(_troupe_parse caller prefix one_value_keywords many_value_keywords)
  cmake_parse_arguments(PARSE_ARGV 4 given "" "${one_value_keywords}" "${many_value_keywords}")
  if(NOT given_NAME)
    message(FATAL_ERROR "${caller}: give the ${prefix} a NAME.")
  endif()
  if(NOT given_SCHEMAS)
    message(FATAL_ERROR "${caller}(NAME ${given_NAME}): name its SCHEMAS.")
  endif()
  if(given_UNPARSED_ARGUMENTS)
    list(JOIN one_value_keywords ", " known)
    list(JOIN many_value_keywords ", " known_too)
    message(FATAL_ERROR "${caller}(NAME ${given_NAME}): it takes ${known}, ${known_too}, not \"${given_UNPARSED_ARGUMENTS}\".")
  endif()
  foreach(keyword ${one_value_keywords} ${many_value_keywords})
    set(${prefix}_${keyword} ${given_${keyword}} PARENT_SCOPE)
  endforeach()
endfunction()

# The static library `name` of compiled schemas. It knows, for those who import them, all their files
# and the folders that they are named from.
function(_troupe_schemas caller name root schemas imports)
  if(NOT root)
    set(root schemas)
  endif()
  get_filename_component(root ${root} ABSOLUTE)
  set(roots ${root})
  list(TRANSFORM schemas PREPEND ${root}/ OUTPUT_VARIABLE files)
  foreach(import ${imports})
    get_target_property(import_roots ${import} TROUPE_SCHEMA_ROOTS)
    if(NOT import_roots)
      message(FATAL_ERROR "${caller}(NAME ${name}): it IMPORTS ${import}, which holds no schemas.")
    endif()
    get_target_property(import_files ${import} TROUPE_SCHEMA_FILES)
    list(APPEND roots ${import_roots})
    list(APPEND files ${import_files})
  endforeach()
  list(REMOVE_DUPLICATES roots)
  list(TRANSFORM roots PREPEND --proto_path= OUTPUT_VARIABLE paths)

  set(folder ${CMAKE_CURRENT_BINARY_DIR}/schemas/${name})
  file(MAKE_DIRECTORY ${folder})
  set(generated "")
  foreach(schema ${schemas})
    if(NOT EXISTS ${root}/${schema})
      message(FATAL_ERROR "${caller}(NAME ${name}): there is no schema ${root}/${schema}.")
    endif()
    get_property(other GLOBAL PROPERTY TROUPE_LIBRARY_OF_${schema})
    if(other)
      message(FATAL_ERROR "${caller}(NAME ${name}): ${schema} is in ${other} already: link that.")
    endif()
    set_property(GLOBAL PROPERTY TROUPE_LIBRARY_OF_${schema} ${name})
    string(REGEX REPLACE "\\.proto$" "" stem ${schema})
    set(outputs ${folder}/${stem}.pb.cc ${folder}/${stem}.pb.h)
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND protobuf::protoc ${paths} --cpp_out=${folder} ${root}/${schema}
      DEPENDS ${files} # one may import another
      VERBATIM)
    list(APPEND generated ${outputs})
  endforeach()
  add_library(${name} STATIC ${generated})
  target_include_directories(${name} SYSTEM PUBLIC $<BUILD_INTERFACE:${folder}>)
  target_link_libraries(${name} PUBLIC Troupe::domain ${imports})
  set_target_properties(${name} PROPERTIES TROUPE_SCHEMA_ROOTS "${roots}" TROUPE_SCHEMA_FILES "${files}")
endfunction()
