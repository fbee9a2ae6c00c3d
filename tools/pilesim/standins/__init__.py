"""Stand-ins for modules of the ESP32 port; CPython gets them from host.install, MicroPython by path."""
