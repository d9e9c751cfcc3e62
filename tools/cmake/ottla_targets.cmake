# Declares how every Ottla target is compiled: language level, warnings, visibility, sanitizers, and one way to add a library.
include(GNUInstallDirs)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(ottla_build_flags INTERFACE)
target_compile_features(ottla_build_flags INTERFACE cxx_std_20)
# With several files in one (CMAKE_UNITY_BUILD) another file's names are no business of -Wshadow; its own locals are.
target_compile_options(ottla_build_flags INTERFACE -Wall -Wextra -Wpedantic -Wnon-virtual-dtor -Wold-style-cast
  $<IF:$<BOOL:${CMAKE_UNITY_BUILD}>,-Wshadow=local;-Wno-subobject-linkage,-Wshadow>)
if(OTTLA_WERROR)
  target_compile_options(ottla_build_flags INTERFACE -Werror)
endif()
if(OTTLA_SANITIZE)
  target_compile_options(ottla_build_flags INTERFACE -fsanitize=${OTTLA_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(ottla_build_flags INTERFACE -fsanitize=${OTTLA_SANITIZE})
  # A check of each pointer that is followed is a third of the compile time, and AddressSanitizer tells of null anyway. Where bytes
  # are read as numbers, and in the fuzzers' build with clang, all of them stand.
  if(OTTLA_SANITIZE MATCHES undefined AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(ottla_build_flags INTERFACE
      $<$<NOT:$<IN_LIST:$<TARGET_PROPERTY:NAME>,ottla_protocol\;unit_protocol\;unit_records>>:-fno-sanitize=null,alignment>)
  endif()
endif()

# ottla_library(NAME net SOURCES a.cpp ... PUBLIC libs... PRIVATE libs...): the library ottla_net, alias ottla::net,
# with include/ public and src/ private.
function(ottla_library)
  cmake_parse_arguments(arg "" "NAME" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  if(NOT arg_SOURCES)  # a room nobody has moved into yet
    set(arg_SOURCES "${CMAKE_CURRENT_BINARY_DIR}/empty_room.cpp")
    file(WRITE "${arg_SOURCES}" "")
  endif()
  add_library(ottla_${arg_NAME} ${arg_SOURCES})
  add_library(ottla::${arg_NAME} ALIAS ottla_${arg_NAME})
  set_target_properties(ottla_${arg_NAME} PROPERTIES EXPORT_NAME ${arg_NAME})
  target_compile_features(ottla_${arg_NAME} PUBLIC cxx_std_20)
  if(EXISTS "${CMAKE_CURRENT_SOURCE_DIR}/include")
    target_include_directories(ottla_${arg_NAME} PUBLIC
      $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  endif()
  target_include_directories(ottla_${arg_NAME} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/src)
  target_link_libraries(ottla_${arg_NAME} PUBLIC ${arg_PUBLIC} PRIVATE ${arg_PRIVATE} $<BUILD_INTERFACE:ottla_build_flags>)
endfunction()
