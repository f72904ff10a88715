"""
Writes the tables of src/models/pretrained/, what timm publishes of the weights of our networks, and test/fixtures/timm-counts.json: millions
of parameters by its results and benchmarks, and the GMACs of the latter with the size of their pictures.

    PYTHONPATH=<timm 0.9.16> python3 scripts/pretrained.py GIT-DIRECTORY     (of huggingface/pytorch-image-models, with its history)
    npx prettier --write src/models/pretrained

Names, pictures and licences are timm's configurations (Apache-2.0 where these say nothing, as its model cards do then); accuracies are
its results/results-imagenet.csv. A year is that in which its history first has the file, or the release of such files, or else the name.
"""

import csv
import io
import json
import re
import subprocess
import sys
from pathlib import Path

from timm.models import _registry

root = Path(__file__).resolve().parents[1]

# File, constant, title, and which architectures.
families = [
    ("resnext", "resnexts", "ResNeXts", r"resnext\d"),
    ("attention", "attentive", "residual networks with attention", r"(legacy_)?se(?=resne)|skresne|eca_?resne|gcresne|bat_resne"),
    ("resnet", "resnets", "ResNets", r"(wide_)?resnet(blur|aa)?\d"),
    ("other-residuals", "otherResiduals", "pre-activation and cross-stage partial networks", r"resnetv2|cspres"),
    ("mobilenet", "mobilenets", "MobileNets and MnasNets", r"(tf_)?(mobilenet|(se)?mnasnet)"),
    ("efficientnet", "efficientnets", "EfficientNets", r"(tf_)?efficientnet"),
    ("xception-aligned", "alignedXceptions", "aligned Xceptions", r"xception\d"),
    ("inception", "inceptions", "Inceptions with and without shortcuts", r"inception"),
    ("regnet", "regnets", "RegNets", r"regnet"),
    ("convnext", "convnexts", "ConvNeXts", r"convnext"),
]
colours = {
    ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)): "",
    ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)): "half",
    ((0, 0, 0), (1, 1, 1)): "asTheyAre",
    ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)): "clip",
}
licences = {"apache-2.0": "apache", "bsd-3-clause": "bsd", "cc-by-nc-4.0": "nonCommercial", "mit": "mit"}


def git(directory, *arguments):
    command = ["git", f"--git-dir={directory}", *arguments]
    return subprocess.run(command, check=True, capture_output=True).stdout.decode(errors="replace")


def first_years(directory):
    """The year of the first line that has a file's name, a release's or one of weights."""
    first, year = {}, None
    changes = ["log", "-p", "--reverse", "--format=@@@ %ad", "--date=format:%Y", "-U0", "HEAD", "--", "*.py", "*.md", "*.mdx"]
    for line in git(directory, *changes).split("\n"):
        if line.startswith("@@@ "):
            year = int(line[4:8])
        elif line.startswith("+"):
            files = re.findall(r"[\w.-]+\.(?:pth|tar|npz|th|torch)\b", line)
            for name in [*files, *re.findall(r"v0\.1-rsb-weights", line), *re.findall(r"'([a-z]\w+\.[a-z]\w+)'", line)]:
                first.setdefault(name, year)
    return first


# Weights that moved to the hub and lost the address that they had before, with their file there.
moved = {
    "resnetv2_50.a1h_in1k": "resnetv2_50_a1_h-000cdf49.pth",
    "resnetv2_101.a1h_in1k": "resnetv2_101_a1h-5d01f016.pth",
    "skresnet18.ra_in1k": "skresnet18_ra-4eec2804.pth",
    "skresnet34.ra_in1k": "skresnet34_ra-bdc0ccde.pth",
    "skresnext50_32x4d.ra_in1k": "skresnext50_ra-f40e40bf.pth",
    "xception41.tf_in1k": "tf_xception_41-e6439c97.pth",
    "xception65.tf_in1k": "tf_xception_65-c9ae96e8.pth",
    "xception65.ra3_in1k": "xception65_ra3-1447db8d.pth",
    "xception71.tf_in1k": "tf_xception_71-8eec7df1.pth",
    "inception_v4.tf_in1k": "inceptionv4-8e4777a0.pth",
    "inception_resnet_v2.tf_in1k": "inception_resnet_v2-940b1cd6.pth",
}


def year_of(name, config, first):
    file = moved.get(name) or (config.url or "").rsplit("/", 1)[-1]
    if name.endswith(".pycls_in1k"):
        architecture = name.split(".")[0]
        file = next(known for known in first if re.fullmatch(rf"{architecture}-\w+\.pth", known))
    years = [first.get(file), first.get(name), first["v0.1-rsb-weights"] if "v0.1-rsb-weights" in (config.url or "") else None]
    return min(year for year in years if year is not None)


def counts_of(directory, ours):
    counts = {}
    for gpu in ("pt113-cu117", "pt210-cu121", "pt240-cu124"):
        text = git(directory, "show", f"HEAD:results/benchmark-infer-amp-nchw-{gpu}-rtx3090.csv")
        for row in csv.DictReader(io.StringIO(text)):
            gmacs = [float(row["infer_gmacs"])] if row["infer_gmacs"] else []
            entry = [float(row["param_count"]), int(row["infer_img_size"]), *gmacs]
            counts.setdefault(row["model"].split(".")[0], entry)
    for row in csv.DictReader(io.StringIO(git(directory, "show", "HEAD:results/results-imagenet.csv"))):
        counts.setdefault(row["model"].split(".")[0], [float(row["param_count"].replace(",", ""))])
    return {name: counts[name] for name in ours if name in counts}


def number(value):
    return f"{value:g}" if value < 1 else repr(value).removesuffix(".0")


def main():
    directory = sys.argv[1]
    node = "import('./src/models/index.ts').then((models) => console.log(JSON.stringify(models.listModels())))"
    ours = json.loads(subprocess.run([root / "node_modules/.bin/node", "-e", node], check=True, cwd=root, capture_output=True).stdout)
    measured = {}
    for row in csv.DictReader(io.StringIO(git(directory, "show", "HEAD:results/results-imagenet.csv"))):
        entry = [row["img_size"], number(float(row["crop_pct"])), number(float(row["top1"])), number(float(row["top5"]))]
        measured.setdefault(row["model"], []).append(entry)
    first = first_years(directory)
    tables = {file: [] for file, *_ in families}
    for architecture in ours:
        for name, config in _registry._model_pretrained_cfgs.items():
            if not name.startswith(f"{architecture}.") or name not in measured or config.num_classes != 1000:
                continue
            on_hub = config.hf_hub_id == f"timm/{name}" or architecture.startswith("legacy_")
            licence = licences.get(config.license or "apache-2.0")
            if not on_hub or licence is None:
                print("left out:", name, config.hf_hub_id, config.license)
                continue
            colour = colours[tuple(config.mean), tuple(config.std)]
            pictures = [str(config.input_size[1]), number(config.crop_pct), *([colour] if colour else [])]
            accuracies = [f"[{', '.join(entry)}]" for entry in sorted(measured[name], key=lambda entry: int(entry[0]))]
            words = [f"'{name}'", str(year_of(name, config, first)), licence, f"{config.interpolation}({', '.join(pictures)})"]
            file = next(file for file, _, _, names in families if re.match(names, architecture))
            tables[file].append((f"  [{', '.join([*words, *accuracies])}],", {licence, config.interpolation, colour} - {""}))
    lines = [f"  {json.dumps(name)}: {json.dumps(counts)}" for name, counts in counts_of(directory, ours).items()]
    (root / "test/fixtures/timm-counts.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    for file, constant, title, _ in families:
        rows = tables[file]
        used = sorted(set().union(*(words for _, words in rows)))
        lines = [
            f"import {{ {', '.join([*used, 'pretrained'])}, type Row }} from './row.ts';",
            "",
            f"/** Published weights of {title}: `scripts/pretrained.py` wrote them down from timm. */",
            "const rows: readonly Row[] = [",
            *(row for row, _ in rows),
            "];",
            "",
            f"export const {constant} = rows.map(pretrained);",
        ]
        (root / f"src/models/pretrained/{file}.ts").write_text("\n".join(lines) + "\n")
        print(file, len(rows))


if __name__ == "__main__":
    main()
