"""What is on a screen, and whether two screens show the same."""

from PIL import Image, ImageChops, ImageGrab

from .waiting import NeverHappened, eventually


def picture_of(display):
    """The whole screen of an X display, without the pointer."""
    return ImageGrab.grab(xdisplay=display).convert("RGB")


def differing_pixels(a, b):
    """How many pixels differ. Different sizes differ in every pixel."""
    if a.size != b.size:
        return max(a.width * a.height, b.width * b.height)
    if a.tobytes() == b.tobytes():
        return 0
    # The largest difference over the three channels decides: one is enough.
    red, green, blue = ImageChops.difference(a, b).split()
    changed = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return a.width * a.height - changed.histogram()[0]


def wait_until_same(one, other, seconds=15.0, keep_in=None, before=lambda: None):
    """Until two screens (things with picture()) show the same, to the pixel.

    Both are compared at one moment each, so a picture that is still being drawn
    simply is not the same yet. `before` runs before each comparison. On failure
    both pictures are kept for the reader.
    """
    seen = {}

    def same():
        before()
        seen["one"], seen["other"] = one.picture(), other.picture()
        return differing_pixels(seen["one"], seen["other"]) == 0

    try:
        eventually("both screens show the same", same, seconds, every=0.2)
    except NeverHappened:
        count = differing_pixels(seen["one"], seen["other"])
        if keep_in:
            for name, picture in seen.items():
                picture.save(keep_in / f"{name}.png")
        raise NeverHappened(f"{count} pixels differ after {seconds:g} s "
                            f"(pictures in {keep_in})") from None
    return seen["one"]


def colours_in(picture):
    """{colour: pixels} of a picture with few colours."""
    found = picture.getcolors(maxcolors=1 << 16)
    assert found is not None, "more colours than a lab desktop paints"
    return {colour: count for count, colour in found}


def shows(picture, colour):
    """Whether a colour covers at least a quarter of the screen."""
    counts = picture.getcolors(maxcolors=1 << 20) or []
    return any(c == _rgb(colour) and n * 4 >= picture.width * picture.height for n, c in counts)


def _rgb(colour):
    return tuple(int(colour[i:i + 2], 16) for i in (1, 3, 5))


def blank(size, colour):
    return Image.new("RGB", size, colour)
