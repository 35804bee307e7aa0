message(FATAL_ERROR
  "The C tests need cmocka, and it was not found. Install it (Debian: apt-get install "
  "libcmocka-dev; Fedora: dnf install libcmocka-devel; brew install cmocka), or unpack "
  "its packages with dpkg-deb -x and configure with -DSIMDRIFT_DEPS=<that folder>, or "
  "let CMake download it with -DSIMDRIFT_FETCH=ON.")
