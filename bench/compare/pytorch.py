"""PyTorch as a contender: python3 bench/compare/pytorch.py WORK OPTIONS, both JSON. Needs Debian's python3-torchvision.

With the options "ranks" and "rendezvous" (a file that is not there yet) it is several processes under DistributedDataParallel.
"""

import json
import math
import os
import resource
import subprocess
import sys
import time

try:
    import numpy
    import torch
    import torchvision
except ModuleNotFoundError:
    sys.exit(0)
from torch import nn
from torch.nn import functional as F
from torchvision.models.regnet import BlockParams, RegNet
from torchvision.models.resnet import Bottleneck, ResNet
from torchvision.ops import SqueezeExcitation, StochasticDepth

work, options = json.loads(sys.argv[1]), json.loads(sys.argv[2])
torch.set_num_threads(options["threads"])
ranks, rank = options.get("ranks", 1), int(os.environ.get("CARDINAL_BENCH_RANK", "0"))
followers = []
if ranks > 1:
    import torch.distributed as distributed

    if not distributed.is_available() or not hasattr(distributed, "ProcessGroupGloo"):
        print(json.dumps({"absent": "its torch.distributed has no gloo"}), flush=True)
        sys.exit(0)
    if rank == 0:
        followers = [
            subprocess.Popen(
                [sys.executable, *sys.argv],
                env={**os.environ, "CARDINAL_BENCH_RANK": str(other)},
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                text=True,
            )
            for other in range(1, ranks)
        ]
    # All are on this machine, whose own name need not lead anywhere.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    distributed.init_process_group(
        "gloo", init_method="file://" + options["rendezvous"], rank=rank, world_size=ranks
    )
layout = torch.channels_last if options["channels_last"] else torch.contiguous_format


class Thumbnails(ResNet):
    """ResNeXt-29 32×4d for 32×32 pictures: a 3×3 stem, three stages."""

    def __init__(self):
        super().__init__(Bottleneck, [3, 3, 3, 1], groups=32, width_per_group=4, num_classes=10)
        self.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
        self.maxpool = nn.Identity()
        self.layer4 = nn.Identity()
        self.fc = nn.Linear(1024, 10)


class Squeezing(Bottleneck):
    """With squeeze-and-excitation behind the last norm, which torchvision's ResNeXts do not have."""

    def __init__(self, inplanes, planes, *rest, **options):
        super().__init__(inplanes, planes, *rest, **options)
        self.se = SqueezeExcitation(4 * planes, planes // 4)

    def forward(self, x):
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        out = self.se(self.bn3(self.conv3(out)))
        return self.relu(out + (x if self.downsample is None else self.downsample(x)))


# What torchvision has under another name, or not at all.
networks = {
    "resnext29_32x4d_cifar": Thumbnails,
    "seresnext50_32x4d": lambda: ResNet(Squeezing, [3, 4, 6, 3], groups=32, width_per_group=4),
    "mobilenetv3_large_100": lambda: with_eps(torchvision.models.mobilenet_v3_large(weights=None), 1e-5),
    "regnety_008": lambda: RegNet(BlockParams([1, 3, 8, 2], [64, 128, 320, 768], [16] * 4, [1.0] * 4, [2] * 4, 0.25)),
}


def with_eps(model, eps):
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = eps
    return model


def build(name):
    model = networks[name]() if name in networks else getattr(torchvision.models, name)(weights=None)
    # What is dropped by chance cannot be compared.
    for module in model.modules():
        if isinstance(module, (nn.Dropout, StochasticDepth)):
            module.p = 0.0
    return model


def load(model, tensors):
    """Tensors under torchvision's names, or under others in the same order; some differ in axes of 1 alone."""
    own = model.state_dict()
    if own.keys() != tensors.keys():
        assert len(own) == len(tensors), f"{len(own)} tensors, not {len(tensors)}"
        tensors = dict(zip(own, tensors.values()))
    model.load_state_dict({name: tensors[name].reshape(tensor.shape) for name, tensor in own.items()})


def numbers(shape, seed, scale):
    i = numpy.arange(numpy.prod(shape), dtype=numpy.int64)
    values = (((i + seed * 101) * 7919 % 997) / 498 - 1) * scale
    return torch.from_numpy(values.astype(numpy.float32).reshape(shape)).to(memory_format=layout)


def network():
    model = build(work["model"])
    load(model, torch.load(options["weights"]))
    model = model.to(memory_format=layout)
    x = numbers(work["input"], 1 + rank, 1)
    if work["kind"] == "forward":
        model.eval()

        def run():
            with torch.inference_mode():
                return model(x)

        return run, run
    model.train()
    weights = [parameter for parameter in model.parameters() if parameter.dim() > 1]
    target = torch.arange(x.shape[0]) % weights[-1].shape[0]
    compute = model
    if ranks > 1:
        compute = nn.parallel.DistributedDataParallel(model, gradient_as_bucket_view=True)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0, momentum=0.9, weight_decay=1e-4)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(compute(x), target)
        loss.backward()
        optimizer.step()
        if ranks > 1:
            # It ends when all have.
            distributed.barrier()
        return loss.detach()

    def results():
        loss = step()
        if ranks > 1:
            distributed.all_reduce(loss)
            loss /= ranks
        gradients = [weights[-1].grad, weights[0].grad]
        parts = [gradient.contiguous().flatten() / gradient.norm() for gradient in gradients]
        return torch.cat([loss.reshape(1), *parts])

    return step, results


def sample(result):
    """What sample.ts takes of a result."""
    flat = result.detach().contiguous().flatten()
    if flat.numel() <= 4096:
        return flat
    places = torch.arange(4096, dtype=torch.float64) * ((math.sqrt(5) - 1) / 2) % 1 * flat.numel()
    return flat[places.long()]


def passes_of(layer):
    """Forward and both gradients of a layer, each alone: oneDNN computes the gradients apart as well."""
    n, c, k, size = layer["batch"], layer["channels"], layer["out"], layer["size"]
    r, stride, groups = layer["kernel"], layer["stride"], layer["groups"]
    place, pad = -(-size // stride), (r - 1) // 2
    x = numbers([n, c, size, size], 1, 1)
    w = numbers([k, c // groups, r, r], 2, 0.1)
    dy = numbers([n, k, place, place], 3, 1)

    def gradients(*wanted):
        return torch.ops.aten.convolution_backward(
            dy, x, w, None, [stride] * 2, [pad] * 2, [1, 1], False, [0, 0], groups, [*wanted, False]
        )

    return {
        "forward": lambda: F.conv2d(x, w, None, stride, pad, 1, groups),
        "input": lambda: gradients(True, False)[0],
        "weight": lambda: gradients(False, True)[1],
    }


def shapes():
    """Every pass of every layer, timed by itself."""
    parts = []
    for layer in work["layers"]:
        passes = passes_of(layer)
        n, k, c, r = layer["batch"], layer["out"], layer["channels"] // layer["groups"], layer["kernel"]
        flop = 2 * n * k * (-(-layer["size"] // layer["stride"])) ** 2 * c * r * r
        # As repeatsOf of layer.ts.
        repeats = max(1, min(16, math.ceil(1e9 / flop)))
        wanted = [name for name in work["passes"] if name != "input" or layer["inputGradient"]]
        parts += [(repeats, passes[name]) for name in wanted]

    def run():
        times = []
        with torch.inference_mode():
            for repeats, step in parts:
                step()
                before = time.perf_counter()
                for _ in range(repeats):
                    step()
                times.append(1000 * (time.perf_counter() - before) / repeats)
        return times

    def results():
        with torch.inference_mode():
            return torch.cat([sample(step()) for _, step in parts])

    return run, results


def layers():
    """All layers, each as often as its network has it; gradients as autograd computes them."""
    steps = []
    for layer in work["layers"]:
        n, c, k, size = layer["batch"], layer["channels"], layer["out"], layer["size"]
        r, stride, groups = layer["kernel"], layer["stride"], layer["groups"]
        place = -(-size // stride)
        x = numbers([n, c, size, size], 1, 1).requires_grad_()
        w = numbers([k, c // groups, r, r], 2, 0.1).requires_grad_()
        dy = numbers([n, k, place, place], 3, 1)

        def step(x=x, w=w, dy=dy, stride=stride, pad=(r - 1) // 2, groups=groups):
            y = F.conv2d(x, w, None, stride, pad, 1, groups)
            return (y.detach(), *torch.autograd.grad(y, (x, w), dy))

        steps.append((layer["times"], step))

    def run():
        for times, step in steps:
            for _ in range(times):
                step()

    def results():
        return torch.cat([sample(part) for _, step in steps for part in step()])

    return run, results


def peak_bytes():
    """The most memory that this process has had; Linux counts what its parent had into ru_maxrss."""
    try:
        with open("/proc/self/status") as status:
            return next(1024 * int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def answer(value):
    print(json.dumps(value), flush=True)


run, results = {"layers": layers, "shapes": shapes}.get(work["kind"], network)()
answer({"ready": True, "version": torch.__version__})
for line in sys.stdin:
    line = line.strip()
    for follower in followers:
        follower.stdin.write(line + "\n")
        follower.stdin.flush()
    if line == "run":
        repeats = work.get("repeats", 1)
        before = time.perf_counter()
        for _ in range(repeats):
            done = run()
        ms = 1000 * (time.perf_counter() - before) / repeats
        times = {"times": done} if work["kind"] == "shapes" else {}
        answer({"ms": ms, **times, "peakBytes": peak_bytes()})
    elif line.startswith("check "):
        found = results().contiguous().flatten().numpy().astype("float32")
        if rank == 0:
            found.tofile(line[len("check ") :])
        answer({"checked": True})
    elif line == "quit":
        break
