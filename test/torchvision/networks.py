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
    python3 test/torchvision/networks.py explain FOLDER NAME FILE.pth LAYER LABEL
        Loads FILE and explains what the network makes of the picture in NAME.input.safetensors: NAME.explained.safetensors has
        its probabilities, the input of its last linear layer, and Grad-CAM of LABEL by the output of LAYER.
    python3 test/torchvision/networks.py list FOLDER NAME ...
        Of each network: its number of parameters, and the shapes of its tensors by name.
    python3 test/torchvision/networks.py serve
        Does what each line of standard input asks, a JSON list of the arguments above, and answers a line of JSON: what the
        command printed, or null. PyTorch is loaded once for all.

NAME is torchvision's (`resnext50_32x4d`), or one of the narrow networks below: torchvision's own classes with fewer
channels or classes. test/fixtures/torchvision holds the narrow ones:

    /usr/bin/python3 test/torchvision/networks.py save test/fixtures/torchvision narrow_basic narrow_bottleneck narrow_resnext
"""

import collections
import datetime
import functools
import json
import pathlib
import struct
import sys

import torch
import torchvision
from torchvision.models import convnext, efficientnet, mnasnet, mobilenetv2, mobilenetv3, regnet, shufflenetv2
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


def narrow_vgg():
    """The end of torchvision's VGG: no mean, but the largest value of four, and several linear layers."""
    nn = torch.nn
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(6, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d(7), nn.Flatten(),
        nn.Linear(8 * 7 * 7, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 20), nn.ReLU(), nn.Dropout(), nn.Linear(20, 10),
    )


def narrow_efficientnet():
    rows, last_channel = efficientnet._efficientnet_conf("efficientnet_b0", width_mult=0.25, depth_mult=0.5)
    return efficientnet.EfficientNet(rows, 0.2, num_classes=10, last_channel=last_channel)


def narrow_efficientnetv2():
    """torchvision's EfficientNetV2 with a quarter of the small one's channels and a fifth of its layers."""
    fused, mb = efficientnet.FusedMBConvConfig, efficientnet.MBConvConfig
    rows = [
        fused(1, 3, 1, 8, 8, 1), fused(4, 3, 2, 8, 16, 1), fused(4, 3, 2, 16, 16, 1),
        mb(4, 3, 2, 16, 32, 2), mb(6, 3, 1, 32, 40, 2), mb(6, 3, 2, 40, 64, 3),
    ]  # fmt: skip
    norm = functools.partial(torch.nn.BatchNorm2d, eps=1e-3)
    return efficientnet.EfficientNet(rows, 0.2, num_classes=10, last_channel=320, norm_layer=norm)


def narrow_regnet(squeeze):
    rows = regnet.BlockParams.from_init_params(
        depth=6, w_0=16, w_a=12, w_m=2.2, group_width=8, se_ratio=0.25 if squeeze else None
    )
    return regnet.RegNet(rows, num_classes=10)


def narrow_convnext():
    rows = [convnext.CNBlockConfig(8, 16, 1), convnext.CNBlockConfig(16, 32, 2), convnext.CNBlockConfig(32, 64, 1)]
    rows.append(convnext.CNBlockConfig(64, None, 1))
    return convnext.ConvNeXt(rows, layer_scale=0.5, num_classes=10)


narrow = {
    "narrow_regnet_x": lambda: narrow_regnet(False),
    "narrow_regnet_y": lambda: narrow_regnet(True),
    "narrow_convnext": narrow_convnext,
    "narrow_mobilenet_v2": lambda: mobilenetv2.MobileNetV2(num_classes=10, width_mult=0.25),
    "narrow_mnasnet": lambda: mnasnet.MNASNet(0.25, num_classes=10),
    "narrow_efficientnet_v2_s": narrow_efficientnetv2,
    "narrow_mobilenet_v3_small": lambda: mobilenetv3.mobilenet_v3_small(num_classes=10),
    "narrow_mobilenet_v3_large": lambda: mobilenetv3.mobilenet_v3_large(num_classes=10),
    "narrow_efficientnet_b0": narrow_efficientnet,
    "narrow_shufflenet_v2_x0_5": lambda: shufflenetv2.ShuffleNetV2([4, 8, 4], [12, 24, 48, 96, 512], num_classes=10),
    "narrow_vgg": narrow_vgg,
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
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    for name, info in header.items():
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
    x = torch.randn(2, 3, 64, 64)
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
    # MNASNet asks for the version of its layout, which stands beside the tensors of a state dict of torchvision's own.
    state = collections.OrderedDict(torch.load(file))
    state._metadata = model.state_dict()._metadata
    model.load_state_dict(state, strict=True)
    expected = read_safetensors(folder / f"{name}.expected.safetensors")
    with torch.no_grad():
        logits = model.eval()(expected["input"])
    difference = (logits - expected["logits"]).abs().max() / expected["logits"].abs().max()
    return {"difference": difference.item()}


def explain(folder, name, file, layer, label):
    model = build(name).eval()
    model.load_state_dict(torch.load(file), strict=True)
    seen = {}
    model.get_submodule(layer).register_forward_hook(lambda module, inputs, output: seen.update(map=output))
    last = [module for module in model.modules() if isinstance(module, torch.nn.Linear)][-1]
    last.register_forward_pre_hook(lambda module, inputs: seen.update(features=inputs[0]))
    x = read_safetensors(folder / f"{name}.input.safetensors")["input"]
    logits = model(x)
    (gradient,) = torch.autograd.grad(logits[0, label], seen["map"])
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    cam = torch.relu((weights * seen["map"]).sum(dim=1, keepdim=True))
    cam = torch.nn.functional.interpolate(cam / cam.max(), size=x.shape[2:], mode="bilinear", align_corners=False)
    found = {"map": cam[0, 0], "features": seen["features"][0], "probabilities": logits.softmax(dim=1)[0]}
    write_safetensors(folder / f"{name}.explained.safetensors", {key: value.detach() for key, value in found.items()})


def listing(names):
    """No number is drawn: only their shapes are asked for."""
    drawing = [name for name in dir(torch.nn.init) if name.endswith("_") and not name.startswith("_")]
    before = {name: getattr(torch.nn.init, name) for name in drawing}
    for name in drawing:
        setattr(torch.nn.init, name, lambda tensor, *rest, **options: tensor)
    try:
        found = {}
        for name in names:
            model = build(name)
            shapes = {key: list(tensor.shape) for key, tensor in model.state_dict().items()}
            found[name] = {"parameters": sum(one.numel() for one in model.parameters()), "shapes": shapes}
        return found
    finally:
        for name in drawing:
            setattr(torch.nn.init, name, before[name])


def do(command, folder, *rest):
    if command == "list":
        return listing(rest)
    folder = pathlib.Path(folder)
    if command == "check":
        return check(folder, *rest)
    if command == "explain":
        return explain(folder, *rest)
    folder.mkdir(parents=True, exist_ok=True)
    for name in rest:
        if command != "whole":
            save(folder, name)
        if command != "save":
            whole(folder, name)


if __name__ == "__main__":
    torch.set_num_threads(1)
    if sys.argv[1] == "serve":
        for line in sys.stdin:
            print(json.dumps(do(*json.loads(line))), flush=True)
    else:
        print(json.dumps(do(*sys.argv[1:])))
