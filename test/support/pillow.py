"""Answers a test's questions with Pillow and torchvision: JSON lines in, one base64 line out for each.

The first question may be {"ask": "versions"}, whose answer is plain JSON. Pictures travel as base64 bytes, rows first.
"""

import base64
import io
import json
import sys

import bitmaps
import numpy
import PIL
from PIL import Image, ImageOps


def picture(question):
    data = numpy.frombuffer(base64.b64decode(question["data"]), numpy.uint8)
    width, height, channels = question["from"]
    return Image.fromarray(data.reshape((height, width, 3) if channels == 3 else (height, width)))


def resized(question):
    left, top, width, height = question["region"]
    part = picture(question).crop((left, top, left + width, top + height))
    return numpy.asarray(part.resize(question["to"], getattr(Image, question["interpolation"].upper())))


def encoded(question):
    file = io.BytesIO()
    image = picture(question).convert(question["mode"])
    exif = image.getexif()
    exif[0x112] = question["orientation"]
    image.save(file, question["format"], exif=exif, **question["options"])
    return numpy.frombuffer(file.getvalue(), numpy.uint8)


def bitmap(question):
    make = getattr(bitmaps, question["format"])
    return numpy.frombuffer(make(**question["options"]), numpy.uint8)


def decoded(question):
    """A file's path or base64 bytes as PyTorch's folders are read, and turned upright as Cardinal turns them."""
    source = question["path"] if "path" in question else io.BytesIO(base64.b64decode(question["file"]))
    image = Image.open(source)
    # Pillow turns TIFFs itself when it loads them, and 9.4 would turn them twice.
    return numpy.asarray((image if image.format == "TIFF" else ImageOps.exif_transpose(image)).convert("RGB"))


def evaluated(question):
    from torchvision import transforms

    image = Image.fromarray(decoded(question)) if "path" in question else picture(question)
    steps = [transforms.Resize(question["resize"], getattr(transforms.InterpolationMode, question["interpolation"].upper()))]
    if question["crop"] is not None:
        steps.append(transforms.CenterCrop(question["crop"]))
    steps += [transforms.ToTensor(), transforms.Normalize(question["mean"], question["std"])]
    return transforms.Compose(steps)(image).permute(1, 2, 0).contiguous().numpy()


def versions():
    try:
        import torchvision

        return {"pillow": PIL.__version__, "torchvision": torchvision.__version__}
    except ImportError:
        return {"pillow": PIL.__version__, "torchvision": None}


answers = {
    "resize": resized,
    "evaluate": evaluated,
    "encode": encoded,
    "bitmap": bitmap,
    "decode": decoded,
    "grey": lambda question: numpy.asarray(picture(question).convert("L")),
}
for line in sys.stdin:
    question = json.loads(line)
    if question["ask"] == "versions":
        print(json.dumps(versions()))
    else:
        print(base64.b64encode(answers[question["ask"]](question).tobytes()).decode())
