"""BMP and Netpbm files of the kinds that Pillow reads and does not write, drawn from a seed."""

import random
import struct


def bmp(seed, bits, width, height, header=40, top_down=False, masks=None, runs=False):
    """Random pixels. `header` is the size of the second header (12 is OS/2's), `masks` are red, green and blue's."""
    draw = random.Random(seed)
    colors = min(2**bits, draw.randint(3, 2**bits)) if 1 < bits <= 8 else 2 if bits == 1 else 0
    rows = [[draw.randrange(colors or 2**bits) for _ in range(width)] for _ in range(height)]
    if runs:
        raster = run_lengths(draw, rows, bits == 4)
    else:
        raster = b"".join(packed(row, bits) for row in rows)
    palette = b"".join(bytes(draw.randrange(256) for _ in range(3)) + (b"" if header == 12 else b"\0") for _ in range(2**bits if header == 12 and colors else colors))
    if header == 12:
        second = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        compression = 3 if masks else {8: 1, 4: 2}[bits] if runs else 0
        second = struct.pack("<IiiHHIIiiII", header, width, -height if top_down else height, 1, bits, compression, len(raster), 2835, 2835, colors, 0)
        if masks:
            second += struct.pack("<III", *masks)
        second += b"\0" * (header - len(second))
    offset = 14 + len(second) + len(palette)
    return struct.pack("<2sIHHI", b"BM", offset + len(raster), 0, 0, offset) + second + palette + raster


def packed(row, bits):
    if bits <= 8:
        text = "".join(format(value, f"0{bits}b") for value in row)
        text += "0" * (-len(text) % 32)
        return int(text, 2).to_bytes(len(text) // 8, "big")
    data = b"".join(value.to_bytes(bits // 8, "little") for value in row)
    return data + b"\0" * (-len(data) % 4)


def run_lengths(draw, rows, nibbles):
    """Runs, and indices as they are. Pillow 9.4 misreads jumps, and an odd number of nibbles as they are."""
    out = bytearray()
    for row in rows:
        at = 0
        while at < len(row):
            how = draw.randrange(3)
            count = draw.randint(1, min(255, len(row) - at))
            if how == 0 and count >= 4:
                count -= count % 2 if nibbles else 0
                part = row[at : at + count]
                data = bytes(a << 4 | b for a, b in zip(part[::2], part[1::2])) if nibbles else bytes(part)
                out += bytes([0, count]) + data + b"\0" * (len(data) % 2)
            else:
                out += bytes([count, row[at] << 4 | row[min(at + 1, len(row) - 1)] if nibbles else row[at]])
            at += count
        out += b"\0\0"
    return bytes(out + b"\0\1")


def ppm(seed, kind, width, height, most=255):
    """Kind 1 to 6, with comments in the header, and in the samples where they are text."""
    draw = random.Random(seed)
    count = width * height * (3 if kind in (3, 6) else 1)
    bitmap = kind in (1, 4)
    head = f"P{kind}\n# made by a test\n{width} {height}\n" + ("" if bitmap else f"# most\n{most}\n")
    values = [draw.randint(0, 1 if bitmap else most) for _ in range(count)]
    if kind == 1:
        body = "".join(str(v) + draw.choice(["", " ", "\n"]) for v in values).encode()
    elif kind <= 3:
        body = b"".join(str(v).encode() + draw.choice([b" ", b"\n", b"  ", b" # so\n"]) for v in values)
    elif kind == 4:
        rows = [values[y * width : (y + 1) * width] for y in range(height)]
        body = b"".join(int("".join(map(str, row)) + "0" * (-width % 8), 2).to_bytes((width + 7) // 8, "big") for row in rows)
    else:
        body = b"".join(v.to_bytes(2 if most > 255 else 1, "big") for v in values)
    return head.encode() + body
