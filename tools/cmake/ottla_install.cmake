# Installs libraries, headers and what find_package(ottla) needs; tests/install proves it with a project of its own.
include(CMakePackageConfigHelpers)

set(ottla_package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/ottla)
set(ottla_installed ottla_protocol ottla_net ottla_client ottla_admin ottla_all)
set_target_properties(ottla_all PROPERTIES EXPORT_NAME ottla)
if(TARGET ottla_oidc)
  list(APPEND ottla_installed ottla_oidc)
  set(ottla_needs_oidc ON)
  set(ottla_oidc_include net/oidc/include)
endif()
if(TARGET ottla_gssapi)
  list(APPEND ottla_installed ottla_gssapi)
  set(ottla_needs_gssapi ON)
  set(ottla_gssapi_include net/gssapi/include)
endif()
if(TARGET ottla_service)
  list(APPEND ottla_installed ottla_service)
  set(ottla_service_include client/service/include)
  foreach(exporter health_http prometheus)
    if(TARGET ottla_${exporter})
      list(APPEND ottla_installed ottla_${exporter})
      set(ottla_needs_${exporter} ON)
      set(ottla_exporters_include client/service/exporters/include)
    endif()
  endforeach()
endif()
if(TARGET ottla_mock AND OTTLA_BUILD_TOOLS)
  list(APPEND ottla_installed ottla_mock ottla_mock_server ottla_test_kit)
  set(ottla_mock_include tools/devbroker/include tools/testkit/include)
endif()

# Everything that `cmake --install` copies, for who builds no more than that.
add_custom_target(to_install DEPENDS ${ottla_installed})
if(TARGET ottla)
  add_dependencies(to_install ottla)
endif()

install(TARGETS ${ottla_installed} EXPORT ottla_targets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
# Every room's public headers are merged into one folder.
foreach(folder protocol/include protocol/generated/include net/include ${ottla_oidc_include} ${ottla_gssapi_include} client/include admin/include ${ottla_service_include} ${ottla_exporters_include} ${ottla_mock_include})
  if(EXISTS "${PROJECT_SOURCE_DIR}/${folder}")
    install(DIRECTORY ${folder}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
  endif()
endforeach()
if(TARGET ottla)
  install(TARGETS ottla RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  # The command writes its own manual page and completions, where it can be run.
  if(NOT CMAKE_CROSSCOMPILING)
    set(ottla_shares ${PROJECT_BINARY_DIR}/share)
    add_custom_command(OUTPUT ${ottla_shares}/ottla.1 ${ottla_shares}/ottla.bash ${ottla_shares}/_ottla ${ottla_shares}/ottla.fish
      COMMAND ${CMAKE_COMMAND} -E make_directory ${ottla_shares}
      COMMAND ottla man > ${ottla_shares}/ottla.1
      COMMAND ottla completion bash > ${ottla_shares}/ottla.bash
      COMMAND ottla completion zsh > ${ottla_shares}/_ottla
      COMMAND ottla completion fish > ${ottla_shares}/ottla.fish
      DEPENDS ottla)
    add_custom_target(ottla_shared_texts DEPENDS ${ottla_shares}/ottla.1)
    add_dependencies(to_install ottla_shared_texts)
    install(FILES ${ottla_shares}/ottla.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 OPTIONAL)
    install(FILES ${ottla_shares}/ottla.bash RENAME ottla DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions OPTIONAL)
    install(FILES ${ottla_shares}/_ottla DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions OPTIONAL)
    install(FILES ${ottla_shares}/ottla.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d OPTIONAL)
  endif()
endif()

install(EXPORT ottla_targets NAMESPACE ottla:: FILE ottla_targets.cmake DESTINATION ${ottla_package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/ottla-config.cmake.in ${PROJECT_BINARY_DIR}/ottla-config.cmake
  INSTALL_DESTINATION ${ottla_package_dir})
# Before 1.0 a minor version may change names.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ottla-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/ottla-config.cmake ${PROJECT_BINARY_DIR}/ottla-config-version.cmake DESTINATION ${ottla_package_dir})
