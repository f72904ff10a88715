"""Trains a small ResNeXt with PyTorch as `cardinal train --recipe quick` does, to compare what both learn.

    /usr/bin/python3 bench/peers/train_pytorch.py cifar  DIR --set layers=2,2,2 cardinality=8 base_width=16 planes=8
    /usr/bin/python3 bench/peers/train_pytorch.py folder DIR --image-size 96 ...

Needs Debian's python3-torch and python3-torchvision. Prints one line an epoch and the test accuracy at the end.
The network is `resnext_cifar` for CIFAR and `resnext` for photos: stages of bottlenecks, shortcuts B,
torchvision's initialisation.
"""
import argparse, math, pathlib, time

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F


class Bottleneck(nn.Module):
    def __init__(self, cin, planes, stride, groups, base_width):
        super().__init__()
        width, cout = int(planes * base_width / 64) * groups, planes * 4
        self.conv1, self.bn1 = nn.Conv2d(cin, width, 1, bias=False), nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3, self.bn3 = nn.Conv2d(width, cout, 1, bias=False), nn.BatchNorm2d(cout)
        self.downsample = None
        if stride != 1 or cin != cout:
            self.downsample = nn.Sequential(nn.Conv2d(cin, cout, 1, stride, bias=False), nn.BatchNorm2d(cout))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = F.relu(self.bn2(self.conv2(out)))
        out = self.bn3(self.conv3(out))
        return F.relu(out + (x if self.downsample is None else self.downsample(x)))


def resnext(stem, layers, cardinality, base_width, planes, channels, classes):
    stages, cin = [], planes
    for stage, blocks in enumerate(layers):
        for index in range(blocks):
            stride = 2 if stage > 0 and index == 0 else 1
            stages.append(Bottleneck(cin, planes * 2**stage, stride, cardinality, base_width))
            cin = planes * 2**stage * 4
    kernel, stride = (3, 1) if stem == 'cifar' else (7, 2)
    conv = nn.Conv2d(channels, planes, kernel, stride, kernel // 2, bias=False)
    pool = [] if stem == 'cifar' else [nn.MaxPool2d(3, 2, 1)]
    net = nn.Sequential(conv, nn.BatchNorm2d(planes), nn.ReLU(), *pool, *stages, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(cin, classes))
    for m in net.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, mode='fan_out', nonlinearity='relu')
    return net


def read_cifar(folder):
    def read(names):
        raw = np.concatenate([np.fromfile(folder / n, np.uint8).reshape(-1, 3073) for n in names])
        return raw[:, 1:].reshape(-1, 3, 32, 32), raw[:, 0].astype(np.int64)

    return read([f'data_batch_{i}.bin' for i in range(1, 6)]), read(['test_batch.bin'])


class Cifar:
    """Pad by 4 with black, crop, flip; as the recipe does."""

    def __init__(self, folder, fraction, rng):
        (x, y), self.test = read_cifar(folder)
        keep = rng.permutation(len(x))[: round(len(x) * fraction)]
        self.x, self.y, self.classes = x[keep], y[keep], 10
        values = self.x.astype(np.float64) / 255
        self.mean, self.std = values.mean((0, 2, 3)), values.std((0, 2, 3))

    def normalise(self, x):
        x = (x / np.float32(255) - self.mean.reshape(-1, 1, 1)) / self.std.reshape(-1, 1, 1)
        return torch.from_numpy(x.astype(np.float32))

    def train(self, indices, rng):
        padded = np.pad(self.x[indices], ((0, 0), (0, 0), (4, 4), (4, 4)))
        out = np.empty_like(self.x[indices])
        for i in range(len(indices)):
            a, b = rng.integers(0, 9, 2)
            crop = padded[i, :, a : a + 32, b : b + 32]
            out[i] = crop[:, :, ::-1] if rng.random() < 0.5 else crop
        return self.normalise(out)

    def tests(self, batch):
        x, y = self.test
        for i in range(0, len(x), batch):
            yield self.normalise(x[i : i + batch]), torch.from_numpy(y[i : i + batch])


class Folder:
    """Class folders under train/ and test/: random resized crops and flips; the middle 87.5 % in the test."""

    def __init__(self, folder, size):
        import torchvision.transforms as T

        self.size = size
        self.names = sorted(p.name for p in (folder / 'train').iterdir() if p.is_dir())
        self.classes = len(self.names)
        self.paths, self.y = self.list(folder / 'train')
        self.test_paths, self.test_y = self.list(folder / 'test')
        self.pictures = [Image.open(p).convert('RGB') for p in self.paths]
        self.tests_ = [Image.open(p).convert('RGB') for p in self.test_paths]
        self.flip_crop = T.Compose([T.RandomResizedCrop(size), T.RandomHorizontalFlip()])
        self.middle = T.Compose([T.Resize(round(size / 0.875)), T.CenterCrop(size)])
        sample = np.stack([np.asarray(self.middle(p)) for p in self.pictures]).astype(np.float64) / 255
        self.mean, self.std = sample.mean((0, 1, 2)), sample.std((0, 1, 2))
        self.x = self.pictures

    def list(self, folder):
        pairs = [(p, c) for c, n in enumerate(self.names) for p in sorted((folder / n).glob('*')) if p.is_file()]
        return [p for p, _ in pairs], np.array([c for _, c in pairs])

    def tensor(self, pictures):
        x = np.stack([np.asarray(p) for p in pictures]).astype(np.float32) / 255
        return torch.from_numpy(((x - self.mean) / self.std).astype(np.float32)).permute(0, 3, 1, 2).contiguous()

    def train(self, indices, rng):
        return self.tensor([self.flip_crop(self.pictures[i]) for i in indices])

    def tests(self, batch):
        for i in range(0, len(self.tests_), batch):
            y = torch.from_numpy(self.test_y[i : i + batch])
            yield self.tensor([self.middle(p) for p in self.tests_[i : i + batch]]), y


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('kind', choices=['cifar', 'folder'])
    parser.add_argument('data', type=pathlib.Path)
    parser.add_argument('--set', nargs='*', default=[])
    parser.add_argument('--image-size', type=int, default=32)
    parser.add_argument('--fraction', type=float, default=0.9, help='share of CIFAR used for training')
    parser.add_argument('--epochs', type=int, default=5)
    parser.add_argument('--batch-size', type=int, default=32)
    parser.add_argument('--lr', type=float, default=0.004)
    parser.add_argument('--weight-decay', type=float, default=0.05)
    parser.add_argument('--label-smoothing', type=float, default=0.1)
    parser.add_argument('--warm-up', type=float, default=0.25, help='epochs')
    parser.add_argument('--warm-from', type=float, default=0.05)
    parser.add_argument('--seed', type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    data = Cifar(args.data, args.fraction, rng) if args.kind == 'cifar' else Folder(args.data, args.image_size)
    options = dict(layers='2,2,2', cardinality=8, base_width=16, planes=8)
    options.update(pair.split('=') for pair in args.set)
    net = resnext(
        'cifar' if args.kind == 'cifar' else 'imagenet',
        [int(n) for n in options['layers'].split(',')],
        *(int(options[k]) for k in ('cardinality', 'base_width', 'planes')), 3, data.classes,
    ).to(memory_format=torch.channels_last)
    print(f'{sum(p.numel() for p in net.parameters()):,} parameters, {len(data.x)} training pictures')
    optimizer = torch.optim.AdamW(net.parameters(), args.lr, weight_decay=args.weight_decay)
    steps = len(data.x) // args.batch_size
    warm, total, step = args.warm_up * steps, args.epochs * steps, 0
    began = time.time()
    for epoch in range(args.epochs):
        net.train()
        order, loss_sum, right = rng.permutation(len(data.x)), 0.0, 0
        for i in range(steps):
            scale = (
                args.warm_from + (1 - args.warm_from) * step / warm
                if step < warm
                else (1 + math.cos(math.pi * (step - warm) / (total - warm))) / 2
            )
            for group in optimizer.param_groups:
                group['lr'] = args.lr * scale
            indices = order[i * args.batch_size : (i + 1) * args.batch_size]
            x, y = data.train(indices, rng), torch.from_numpy(data.y[indices])
            logits = net(x.to(memory_format=torch.channels_last))
            loss = F.cross_entropy(logits, y, label_smoothing=args.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            loss_sum += loss.item()
            right += (logits.argmax(1) == y).sum().item()
            step += 1
        seen = steps * args.batch_size
        print(f'epoch {epoch + 1}: loss {loss_sum / steps:.4f}, top-1 {right / seen:.4f}, {time.time() - began:.0f} s', flush=True)
    net.eval()
    right = total = 0
    with torch.no_grad():
        for x, y in data.tests(250):
            right += (net(x.to(memory_format=torch.channels_last)).argmax(1) == y).sum().item()
            total += len(y)
    print(f'test top-1 {right / total:.4f} ({right} of {total})')


if __name__ == '__main__':
    main()
