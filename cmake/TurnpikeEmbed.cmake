# turnpike_embed(target file name): writes the text of `file` as a raw string literal, which a source of
# `target` includes as the value of a constant: #include "<folder of this CMakeLists>/<name>.inc".
function(turnpike_embed target file name)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${file})
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  set(out ${PROJECT_BINARY_DIR}/embedded/${folder}/${name}.inc)
  file(READ ${source} text)
  string(FIND "${text}" ")turnpike\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${file} contains the end mark of its literal")
  endif()
  file(WRITE ${out}.new "R\"turnpike(${text})turnpike\"\n")
  configure_file(${out}.new ${out} COPYONLY)  # touches it only when it changes
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${source})
  target_include_directories(${target} PRIVATE ${PROJECT_BINARY_DIR}/embedded)
endfunction()
