# The web page is edited as page/*.{html,css,js,svg} and built into the library, with the board of timeline/page.
set(board ${PROJECT_SOURCE_DIR}/timeline/page)
get_directory_property(board_scripts DIRECTORY ${PROJECT_SOURCE_DIR}/timeline DEFINITION board_scripts)
foreach(script IN LISTS board_scripts)
  file(READ ${board}/${script} text)
  string(APPEND BOARD_SCRIPTS "${text}")
endforeach()
configure_file(page/board.js.in page/board.js @ONLY)
file(READ ${board}/text.js text)
file(CONFIGURE OUTPUT page/text.js @ONLY CONTENT [[@text@
export { capital, clock, make, plural, short_number, words };
]])

set(type_html "text/html; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_svg "image/svg+xml")
function(page_file path file)
  file(READ ${file} text)
  string(REGEX MATCH "[a-z]+$" ending ${file})
  string(APPEND PAGE_FILES "    {\"${path}\"sv, \"${type_${ending}}\"sv, R\"timeloom_page(${text})timeloom_page\"sv},\n")
  set(PAGE_FILES "${PAGE_FILES}" PARENT_SCOPE)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
endfunction()
page_file(/ ${CMAKE_CURRENT_SOURCE_DIR}/page/index.html)
foreach(name IN ITEMS
    icon.svg app.css queue.css viewer.css
    adding.js api.js app.js job_row.js live.js machine.js pace.js queue.js say.js states.js units.js viewer.js)
  page_file(/assets/${name} ${CMAKE_CURRENT_SOURCE_DIR}/page/${name})
endforeach()
page_file(/assets/board.css ${board}/board.css)
page_file(/assets/board.js ${CMAKE_CURRENT_BINARY_DIR}/page/board.js)
page_file(/assets/text.js ${CMAKE_CURRENT_BINARY_DIR}/page/text.js)
configure_file(page/page_files.cpp.in page/page_files.cpp @ONLY)

target_sources(timeloom_serving PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/page/page_files.cpp)
