# `cpack --config build/release/CPackConfig.cmake` makes a Debian package of what run.sh builds.
install(TARGETS brownout brownoutctl RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES packaging/brownout.desktop DESTINATION ${CMAKE_INSTALL_DATADIR}/applications)
install(FILES packaging/brownout.metainfo.xml DESTINATION ${CMAKE_INSTALL_DATADIR}/metainfo)
install(FILES resources/icons/app.svg RENAME brownout.svg
        DESTINATION ${CMAKE_INSTALL_DATADIR}/icons/hicolor/scalable/apps)
install(FILES README.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES resources/demo.chain.json DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY resources/scenarios DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY resources/schemas DESTINATION ${CMAKE_INSTALL_DATADIR}/brownout)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_VENDOR "Brownout")
set(CPACK_PACKAGE_CONTACT "The Brownout developers <brownout@localhost>")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
# Loaded at run time, so shlibdeps does not see them: the keychain, and the roots of TLS.
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libsecret-1-0, ca-certificates, libqt6svg6")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "gnome-keyring | kwalletmanager, fonts-dejavu-core")
set(CPACK_STRIP_FILES ON)
include(CPack)
