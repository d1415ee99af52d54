"""Whether VTK can draw here, asked without VTK: a missing library is no exception to it but the end of the program."""

from __future__ import annotations

import ctypes
import os
import sys

__all__ = ["MissingError", "choose", "prepare"]

INSTALL = "apt-get install --no-install-recommends libegl1 libgl1-mesa-dri"
WINDOW = "apt-get install --no-install-recommends libgl1 libxcursor1"

_PLATFORM_DEVICE = 0x313F
"""EGL_PLATFORM_DEVICE_EXT."""


class MissingError(RuntimeError):
    """The libraries for drawing in 3D are not there; says what to install."""


def prepare(*, window: bool = False) -> None:
    """Choose how VTK draws; call it before the first plotter.

    Args:
        window: whether a window on a display is wanted, not a picture.

    Raises:
        MissingError: it cannot.
    """
    if not sys.platform.startswith("linux"):  # Windows and macOS bring OpenGL along
        return
    if window:
        if not os.environ.get("DISPLAY"):
            rule = "there is no display (DISPLAY is not set)"
            raise MissingError(f"A window cannot open: {rule}. Use viz.page or viz.screenshot, which need none.")
        if not _loads("libGL.so.1"):
            raise MissingError(f"A window needs libGL.so.1, which is not installed. Install it: {WINDOW}")
        return
    kind, why = choose()
    if kind is None:
        raise MissingError(
            f"Pictures in 3D cannot be drawn: {why}. Install what is missing: {INSTALL}. Pages need none of it."
        )
    os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", kind)


def choose() -> tuple[str | None, str]:
    """The kind of VTK window that will work without a display, or None, and why."""
    given = os.environ.get("VTK_DEFAULT_OPENGL_WINDOW")
    if given:
        return given, "set by the environment"
    works, why = _egl()
    if works:
        return "vtkEGLRenderWindow", why
    library = next((name for name in ("libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so") if _loads(name)), None)
    if library:
        return "vtkOSOpenGLRenderWindow", library
    return None, why


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _egl() -> tuple[bool, str]:
    """Whether EGL finds a driver, asked as VTK asks: device by device."""
    if not _loads("libEGL.so.1"):
        return False, "libEGL.so.1 is not installed (Debian: libegl1)"
    egl = ctypes.CDLL("libEGL.so.1")
    pointer, whole = ctypes.c_void_p, ctypes.c_int
    egl.eglGetProcAddress.restype, egl.eglGetProcAddress.argtypes = pointer, [ctypes.c_char_p]
    query = egl.eglGetProcAddress(b"eglQueryDevicesEXT")
    open_ = egl.eglGetProcAddress(b"eglGetPlatformDisplayEXT")
    if not (query and open_):
        return False, "this EGL knows no devices (Debian: libgl1-mesa-dri)"
    devices, count = (pointer * 16)(), whole()
    queried = ctypes.CFUNCTYPE(ctypes.c_uint, whole, ctypes.POINTER(pointer), ctypes.POINTER(whole))(query)
    opened = ctypes.CFUNCTYPE(pointer, ctypes.c_uint, pointer, pointer)(open_)
    egl.eglInitialize.restype, egl.eglInitialize.argtypes = ctypes.c_uint, [pointer] * 3
    egl.eglTerminate.argtypes = [pointer]
    if not queried(16, devices, ctypes.byref(count)) or count.value < 1:
        return False, "EGL lists no device (Debian: libgl1-mesa-dri)"
    for k in range(count.value):
        display = opened(_PLATFORM_DEVICE, devices[k], None)
        if display and egl.eglInitialize(display, None, None):
            egl.eglTerminate(display)
            return True, f"EGL device {k} of {count.value}"
    return False, "EGL found no driver for its devices (Debian: libgl1-mesa-dri)"
