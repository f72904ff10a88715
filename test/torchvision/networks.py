"""Networks as torchvision initialises, saves and loads them: the other side of test/torchvision/*.test.ts.

    python3 test/torchvision/networks.py save FOLDER NAME ...
        For each network NAME.pth (the zip archive), NAME.legacy.pth (the stream before it), NAME.safetensors, and
        NAME.expected.safetensors with an input and its logits.
    python3 test/torchvision/networks.py whole FOLDER NAME ...
        Of each network that was saved: NAME.whole.pth and NAME.whole.legacy.pth, the pickled module; NAME.holding.pth, a
        checkpoint that holds it in DataParallel beside its optimiser; NAME.script.pt and NAME.trace.pt, TorchScript.
    python3 test/torchvision/networks.py all FOLDER NAME ...
        Both.
    python3 test/torchvision/networks.py check FOLDER NAME FILE.pth
        Loads FILE strictly into the network and prints how far its logits are from the expected ones, relative to the
        largest of them.
    python3 test/torchvision/networks.py serve
        Does what each line of standard input asks, a JSON list of the arguments above, and answers a line of JSON: what the
        command printed, or null. PyTorch is loaded once for all.

NAME is torchvision's (`resnext50_32x4d`), or one of the narrow networks below: torchvision's own classes with a sixteenth
of the channels. test/fixtures/torchvision holds the narrow ones:

    /usr/bin/python3 test/torchvision/networks.py save test/fixtures/torchvision narrow_basic narrow_bottleneck narrow_resnext
"""

import datetime
import json
import pathlib
import struct
import sys

import torch
import torchvision
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet


class Narrow(ResNet):
    """torchvision's ResNet with `planes` channels in the stem instead of 64."""

    def __init__(self, planes, block, layers, **options):
        self.narrow_planes = planes
        super().__init__(block, layers, **options)
        self.conv1 = torch.nn.Conv2d(3, planes, kernel_size=7, stride=2, padding=3, bias=False)
        self.bn1 = torch.nn.BatchNorm2d(planes)
        self.fc = torch.nn.Linear(8 * planes * block.expansion, self.fc.out_features)

    def _make_layer(self, block, planes, *rest, **options):
        if planes == 64:
            self.inplanes = self.narrow_planes
        return super()._make_layer(block, planes * self.narrow_planes // 64, *rest, **options)


narrow = {
    "narrow_basic": lambda: Narrow(4, BasicBlock, [1, 2, 1, 1], num_classes=10),
    "narrow_bottleneck": lambda: Narrow(4, Bottleneck, [1, 2, 1, 1], num_classes=10),
    "narrow_resnext": lambda: Narrow(4, Bottleneck, [1, 2, 1, 1], groups=8, width_per_group=16, num_classes=10),
}


def build(name):
    return narrow[name]() if name in narrow else getattr(torchvision.models, name)(weights=None)


def write_safetensors(path, tensors):
    header, parts, end = {}, [], 0
    for name, tensor in tensors.items():
        data = tensor.contiguous().numpy().tobytes()
        kind = {torch.float32: "F32", torch.int64: "I64"}[tensor.dtype]
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [end, end + len(data)]}
        parts.append(data)
        end += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, info in json.loads(data[8 : 8 + length]).items():
        begin, end = (8 + length + offset for offset in info["data_offsets"])
        tensors[name] = torch.frombuffer(bytearray(data[begin:end]), dtype=torch.float32).reshape(info["shape"])
    return tensors


def save(folder, name):
    torch.manual_seed(7)
    model = build(name)
    for module in model.modules():
        # Statistics and factors as training leaves them, not the zeros and ones of a fresh network.
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 1.5)
            module.num_batches_tracked += 3
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.1)
    size = 64 if name in narrow else 224
    x = torch.randn(2, 3, size, size)
    with torch.no_grad():
        logits = model.eval()(x)
    state = model.state_dict()
    torch.save(state, folder / f"{name}.pth")
    torch.save(state, folder / f"{name}.legacy.pth", _use_new_zipfile_serialization=False)
    write_safetensors(folder / f"{name}.safetensors", state)
    write_safetensors(folder / f"{name}.expected.safetensors", {"input": x, "logits": logits})


def whole(folder, name):
    model = build(name)
    model.load_state_dict(torch.load(folder / f"{name}.pth"))
    torch.save(model, folder / f"{name}.whole.pth")
    torch.save(model, folder / f"{name}.whole.legacy.pth", _use_new_zipfile_serialization=False)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    started = datetime.datetime.now()
    holding = {"net": torch.nn.DataParallel(model), "optimizer": optimizer, "started": started, "folder": folder}
    torch.save(holding, folder / f"{name}.holding.pth")
    torch.jit.save(torch.jit.script(model), folder / f"{name}.script.pt")
    torch.jit.save(torch.jit.trace(model.eval(), torch.ones(1, 3, 64, 64)), folder / f"{name}.trace.pt")


def check(folder, name, file):
    model = build(name)
    model.load_state_dict(torch.load(file), strict=True)
    expected = read_safetensors(folder / f"{name}.expected.safetensors")
    with torch.no_grad():
        logits = model.eval()(expected["input"])
    difference = (logits - expected["logits"]).abs().max() / expected["logits"].abs().max()
    return {"difference": difference.item()}


def do(command, folder, *rest):
    folder = pathlib.Path(folder)
    if command == "check":
        return check(folder, *rest)
    folder.mkdir(parents=True, exist_ok=True)
    for name in rest:
        if command != "whole":
            save(folder, name)
        if command != "save":
            whole(folder, name)


if __name__ == "__main__":
    torch.set_num_threads(2)
    if sys.argv[1] == "serve":
        for line in sys.stdin:
            print(json.dumps(do(*json.loads(line))), flush=True)
    else:
        print(json.dumps(do(*sys.argv[1:])))
