/** Calls of a page in plain JavaScript, which the types would refuse, and how the error begins: name, call, class and line. */
import { createModel, listModels } from '../../src/index.ts';
import * as web from '../../src/web/index.ts';

const base = '/dist';
/** What the types would refuse. */
const wrong = (value: unknown): never => value as never;

const givenAway = new Uint8Array(8);
structuredClone(givenAway, { transfer: [givenAway.buffer] });

/** A file as a visitor drops it. */
const file = (name: string, type = 'image/jpeg'): File =>
  new File([new Uint8Array([1, 2, 3])], name, { type });
const two = [file('a.jpg'), file('b.jpg')];
const network = { name: 'resnet20_cifar' };

type Calls = readonly (readonly [name: string, call: () => Promise<unknown>, begins: string])[];

async function calls(): Promise<Calls> {
  const data = await web.openPictures({ cats: two, dogs: two });
  const { createBackend, loadClassifier, openPictures, trainOn, listRuns, exportRun, importRun } = web;
  const known = { base, model: 'resnet20_cifar' };
  const zip = new Blob(['no zip']);
  return [
    [
      'createBackend of a text',
      () => createBackend(wrong('wasm')),
      "UsageError: createBackend: expected options by name, { threads, kernels, base, … }, got 'wasm'",
    ],
    [
      'createBackend of null',
      () => createBackend(wrong(null)),
      'UsageError: createBackend: expected options by name, { threads, kernels, base, … }, got null',
    ],
    [
      'createBackend of networks that there are no scripts for',
      () => createBackend(wrong({ networks: 'resnet' })),
      "UsageError: createBackend: expected networks to be 'resnext' or 'all', got 'resnet'",
    ],
    [
      'createBackend of an unknown option',
      () => createBackend(wrong({ thread: 2 })),
      'UsageError: createBackend: unknown option thread; did you mean threads?',
    ],
    [
      'createBackend of no threads',
      () => createBackend({ base, threads: 0 }),
      'UsageError: createBackend: expected threads to be a whole number of at least 1, got 0',
    ],
    [
      'createBackend of text as threads',
      () => createBackend(wrong({ base, threads: '2' })),
      "UsageError: createBackend: expected threads to be a whole number of at least 1, got '2'",
    ],
    [
      'createBackend of a thousand threads',
      () => createBackend({ base, threads: 1000 }),
      'UsageError: threads must be an integer from 1 to 64, got 1000',
    ],
    [
      'createBackend of unknown kernels',
      () => createBackend(wrong({ base, kernels: 'wide' })),
      "UsageError: createBackend: expected kernels to be 'relaxed' or 'simd', got 'wide'",
    ],
    [
      'createBackend of a base that is no URL',
      () => createBackend({ base: 'http://' }),
      "UsageError: expected base to be the URL of the package's dist, or of a copy, got 'http://'",
    ],
    [
      'createBackend of a base that is a number',
      () => createBackend(wrong({ base: 3 })),
      'UsageError: createBackend: expected base to be a URL, got 3',
    ],
    [
      'createBackend of scripts that are no URLs',
      () => createBackend({ scripts: { engine: 'engine.js' } }),
      "UsageError: createBackend: expected scripts to be absolute URLs by file: { engine: 'blob:…', kernels: { relaxed, simd }, … }, got { engine }",
    ],
    [
      'loadClassifier of nothing',
      () => loadClassifier(wrong(undefined), known),
      'UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got undefined',
    ],
    [
      'loadClassifier of null',
      () => loadClassifier(wrong(null), known),
      'UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got null',
    ],
    [
      'loadClassifier of an empty text',
      () => loadClassifier('', known),
      "UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got ''",
    ],
    [
      'loadClassifier of no URL',
      () => loadClassifier('http://', known),
      "UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got 'http://'",
    ],
    [
      'loadClassifier of a list of files',
      () => loadClassifier(wrong(two), known),
      'UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got an array of 2',
    ],
    [
      'loadClassifier of bytes given away',
      () => loadClassifier(givenAway, known),
      'UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got a Uint8Array whose memory was given away (transferred)',
    ],
    [
      'loadClassifier of memory given away',
      () => loadClassifier(givenAway.buffer, known),
      'UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got an ArrayBuffer whose memory was given away (transferred)',
    ],
    [
      'loadClassifier of no bytes',
      () => loadClassifier(new Uint8Array(0), known),
      'CardinalError: the buffer is not a file of weights: expected a safetensors or PyTorch file, it is empty',
    ],
    [
      'loadClassifier of a photo',
      () => loadClassifier(two[0], known),
      'CardinalError: a.jpg is not a safetensors file: 3 bytes, expected at least 8',
    ],
    [
      'loadClassifier of a promise',
      () => loadClassifier(wrong(Promise.resolve(zip)), known),
      'UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got a promise (is an await missing?)',
    ],
    [
      'loadClassifier of what is not there',
      () => loadClassifier('/models/demo.safetensors', known),
      'CardinalError: the weights, ',
    ],
    [
      'loadClassifier of an unknown network',
      () => loadClassifier(zip, { base, model: 'resnet2' }),
      'CardinalError: the blob is not a file of weights: expected a safetensors or PyTorch file, its first bytes are those of neither',
    ],
    [
      'loadClassifier of an unknown option',
      () => loadClassifier(zip, wrong({ base, topk: 2 })),
      'UsageError: loadClassifier: unknown option topk;',
    ],
    [
      'loadClassifier of a backend that is awaited not',
      () => loadClassifier(zip, wrong({ backend: Promise.resolve() })),
      'UsageError: loadClassifier: expected backend to be a backend, as createBackend gives once it is awaited, got a promise (is an await missing?)',
    ],
    [
      'loadClassifier of bad preprocessing',
      () => loadClassifier(zip, wrong({ ...known, preprocessing: { size: 3 } })),
      'CardinalError: the blob is not a file of weights: expected a safetensors or PyTorch file, its first bytes are those of neither',
    ],
    [
      'loadClassifier of a run that is not there',
      () => loadClassifier('opfs:runs/none/best.safetensors', known),
      'CardinalError: cannot read opfs:runs/none/best.safetensors: no such file or folder',
    ],
    [
      'loadClassifier of a path out of the file system',
      () => loadClassifier('opfs:../x', known),
      "UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got 'opfs:../x'",
    ],
    [
      'loadClassifier of opfs alone',
      () => loadClassifier('opfs:', known),
      "UsageError: loadClassifier: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got 'opfs:'",
    ],
    [
      'loadClassifier of half a name of the hub',
      () => loadClassifier('hf:owner', known),
      'UsageError: "hf:owner" is no name on the hub: the repository is ""; expected hf:owner/repo, hf:owner/repo/file or hf:owner/repo@revision/file',
    ],
    [
      'openPictures of nothing',
      () => openPictures(wrong(undefined)),
      'UsageError: openPictures: expected files by their classes, { cats: files, dogs: files }, a FileSystemDirectoryHandle, the files of a folder, or CIFAR or IDX files, got undefined',
    ],
    [
      'openPictures of a text',
      () => openPictures(wrong('photos')),
      "UsageError: openPictures: expected files by their classes, { cats: files, dogs: files }, a FileSystemDirectoryHandle, the files of a folder, or CIFAR or IDX files, got 'photos'",
    ],
    [
      'openPictures of a file',
      () => openPictures(wrong(two[0])),
      'UsageError: openPictures: expected files by their classes, { cats: files, dogs: files }, a FileSystemDirectoryHandle, the files of a folder, or CIFAR or IDX files, got a File',
    ],
    [
      'openPictures of no classes',
      () => openPictures({}),
      'CardinalError: pictures is empty: expected class folders of pictures, CIFAR binary files (data_batch_1.bin,',
    ],
    [
      'openPictures of an empty list',
      () => openPictures([]),
      'UsageError: openPictures: expected files by their classes, { cats: files, dogs: files }, a FileSystemDirectoryHandle, the files of a folder, or CIFAR or IDX files, got an empty list: was nothing chosen?',
    ],
    [
      'openPictures of photos without classes',
      () => openPictures(two),
      'CardinalError: pictures holds 2 pictures but no class folders: expected pictures/<class>/<picture>',
    ],
    [
      'openPictures of one class',
      () => openPictures({ cats: two }),
      "CardinalError: pictures: a classifier needs at least two class folders, found one: 'cats'",
    ],
    [
      'openPictures of an empty class',
      () => openPictures({ cats: two, dogs: [] }),
      'CardinalError: pictures/dogs holds no picture (JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or PPM): a class needs at least one',
    ],
    [
      'openPictures of classes that are empty',
      () => openPictures({ cats: [], dogs: [] }),
      'CardinalError: pictures: none of its 2 folders holds a picture (JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or PPM)',
    ],
    [
      'openPictures of files that are no pictures',
      () => openPictures({ cats: [file('a.txt', 'text/plain')], dogs: [file('b.pdf', 'application/pdf')] }),
      'CardinalError: pictures: none of its 2 folders holds a picture (JPEG, PNG, WebP, GIF, AVIF, TIFF, BMP or PPM); there are .pdf, .txt',
    ],
    [
      'openPictures of paths',
      () => openPictures(wrong({ cats: ['a.jpg'], dogs: ['b.jpg'] })),
      "UsageError: openPictures: expected a File or a Blob, got 'a.jpg'",
    ],
    [
      'openPictures of a file as a class',
      () => openPictures(wrong({ cats: two[0], dogs: two[1] })),
      "UsageError: openPictures: expected files for 'cats': an array, a FileList, or folders of them, got a File",
    ],
    [
      'openPictures of a class without name',
      () => openPictures({ '': two, dogs: two }),
      "UsageError: openPictures: expected the name of a class, got ''",
    ],
    [
      'openPictures of null as a class',
      () => openPictures(wrong({ cats: null, dogs: two })),
      "UsageError: openPictures: expected files for 'cats': an array, a FileList, or folders of them, got null",
    ],
    [
      'openPictures of an unknown option',
      () => openPictures({ cats: two, dogs: two }, wrong({ sead: 3 })),
      'UsageError: openPictures: unknown option sead; did you mean seed?',
    ],
    [
      'openPictures of a share beyond 1',
      () => openPictures({ cats: two, dogs: two }, { valFraction: 2 }),
      'CardinalError: the validation share must be at least 0 and less than 1, got 2: use 0.1 for 10 %',
    ],
    [
      'openPictures of a promise',
      () => openPictures(wrong(Promise.resolve(two))),
      'UsageError: openPictures: expected files by their classes, { cats: files, dogs: files }, a FileSystemDirectoryHandle, the files of a folder, or CIFAR or IDX files, got a promise (is an await missing?)',
    ],
    [
      'trainOn of nothing',
      () => trainOn(wrong(undefined), network),
      'UsageError: trainOn: expected the data to be what openPictures gives once it is awaited, got undefined',
    ],
    [
      'trainOn of data that is not awaited',
      () => trainOn(wrong(openPictures({ cats: two, dogs: two })), network),
      'UsageError: trainOn: expected the data to be what openPictures gives once it is awaited, got a promise (is an await missing?)',
    ],
    [
      'trainOn of files',
      () => trainOn(wrong({ cats: two, dogs: two }), network),
      'UsageError: trainOn: expected the data to be what openPictures gives once it is awaited, got { cats, dogs }',
    ],
    [
      'trainOn of a name',
      () => trainOn(data, wrong('resnet20_cifar')),
      'UsageError: trainOn: expected the network to be a module, or { name, options } of the registry, got',
    ],
    [
      'trainOn of no network',
      () => trainOn(data, wrong(undefined)),
      'UsageError: trainOn: expected the network to be a module, or { name, options } of the registry, got undefined',
    ],
    [
      'trainOn of an unknown network',
      () => trainOn(data, { name: 'resnet21' }, { base }),
      `UsageError: unknown model "resnet21"; the nearest: resnet26, resnet20_cifar, resnet18, resnet34, resnet50; "cardinal models" lists all ${listModels().length}`,
    ],
    [
      'trainOn of an unknown option',
      () => trainOn(data, network, wrong({ base, epoch: 3 })),
      'UsageError: trainOn: unknown option epoch; did you mean epochs?',
    ],
    [
      'trainOn of a path of the disk',
      () => trainOn(data, network, { base, out: 'runs/pets' }),
      "UsageError: trainOn: expected out to be a path in the private file system, such as opfs:runs/pets, got 'runs/pets'",
    ],
    [
      'trainOn of the file system itself',
      () => trainOn(data, network, { base, out: 'opfs:' }),
      "UsageError: trainOn: expected out to be a path in the private file system, such as opfs:runs/pets, got 'opfs:'",
    ],
    [
      'trainOn of a path out of the file system',
      () => trainOn(data, network, { base, out: 'opfs:../x', epochs: 1 }),
      "UsageError: trainOn: expected out to be a path in the private file system, such as opfs:runs/pets, got 'opfs:../x'",
    ],
    [
      'trainOn of no epochs',
      () => trainOn(data, network, { base, epochs: 0 }),
      "UsageError: recipe 'quick': epochs: Too small: expected number to be >=1",
    ],
    [
      'trainOn of text as epochs',
      () => trainOn(data, network, wrong({ base, epochs: '3' })),
      "UsageError: recipe 'quick': epochs: Invalid input: expected number, received string",
    ],
    [
      'trainOn of other classes',
      () =>
        trainOn(data, createModel('resnet20_cifar', { numClasses: 3 }), { base, epochs: 1, batchSize: 2 }),
      'CardinalError: ',
    ],
    [
      'trainOn of pictures that are none',
      () => trainOn(data, network, { base, epochs: 1, batchSize: 2 }),
      'CardinalError: pictures/cats/b.jpg cannot be read, and neither can any other picture of its class: not a picture of a known format',
    ],
    [
      'trainOn of weights that are no URL',
      () => trainOn(data, network, { base, weights: 'http://' }),
      "UsageError: trainOn: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got 'http://'",
    ],
    [
      'trainOn of weights given away',
      () => trainOn(data, network, { base, weights: givenAway.buffer }),
      'UsageError: trainOn: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got an',
    ],
    [
      'trainOn of weights of another kind',
      () => trainOn(data, network, wrong({ base, weights: 3 })),
      'UsageError: trainOn: expected weights, a URL, a File or Blob, bytes, hf:owner/repo or opfs:path, got 3',
    ],
    [
      'trainOn of a backend of another kind',
      () => trainOn(data, network, wrong({ backend: { load: () => undefined, dispose: () => undefined } })),
      'UsageError: trainOn: expected backend to be a backend, what createBackend gives once it is awaited, got { load, dispose }',
    ],
    [
      'listRuns of a text',
      () => listRuns(wrong('opfs:')),
      "UsageError: listRuns: expected options by name, { base }, got 'opfs:'",
    ],
    [
      'listRuns of an unknown option',
      () => listRuns(wrong({ path: 'runs' })),
      'UsageError: listRuns: unknown option path;',
    ],
    [
      'exportRun of nothing',
      () => exportRun(wrong(undefined)),
      'UsageError: exportRun: expected the run to be a path in the private file system, such as opfs:runs/pets, got undefined',
    ],
    [
      'exportRun of a run that is not there',
      () => exportRun('opfs:runs/none', { base }),
      'CardinalError: no run opfs:runs/none: check its name (listRuns); if it was there, the browser has deleted the',
    ],
    [
      'exportRun of all',
      () => exportRun('opfs:', { base }),
      "UsageError: exportRun: expected the run to be a path in the private file system, such as opfs:runs/pets, got 'opfs:'",
    ],
    [
      'exportRun of a path out of the file system',
      () => exportRun('opfs:../x', { base }),
      "UsageError: exportRun: expected the run to be a path in the private file system, such as opfs:runs/pets, got 'opfs:../x'",
    ],
    [
      'exportRun of a summary',
      () => exportRun(wrong({ path: 'opfs:runs/none' })),
      'UsageError: exportRun: expected the run to be a path in the private file system, such as opfs:runs/pets, got { path }',
    ],
    [
      'importRun of nothing',
      () => importRun(wrong(undefined), 'opfs:runs/new', { base }),
      'UsageError: importRun: expected the file to be a File or Blob, as exportRun gives, got undefined',
    ],
    [
      'importRun of a list',
      () => importRun(wrong([zip]), 'opfs:runs/new', { base }),
      'UsageError: importRun: expected the file to be a File or Blob, as exportRun gives, got an array of 1',
    ],
    [
      'importRun of bytes',
      () => importRun(wrong(new Uint8Array(3)), 'opfs:runs/new', { base }),
      'UsageError: importRun: expected the file to be a File or Blob, as exportRun gives, got a Uint8Array',
    ],
    [
      'importRun of a function',
      () =>
        importRun(
          wrong(() => zip),
          'opfs:runs/new',
          { base },
        ),
      'UsageError: importRun: expected the file to be a File or Blob, as exportRun gives, got a function',
    ],
    [
      'importRun of no archive',
      () => importRun(zip, 'opfs:runs/new', { base }),
      'CardinalError: the file is truncated or a damaged zip archive (it has no end): a download was cut short, as a rule; get it anew',
    ],
    [
      'importRun of an empty file',
      () => importRun(new Blob([]), 'opfs:runs/new', { base }),
      'CardinalError: the file is truncated or a damaged zip archive (it has no end): a download was cut short, as a rule; get it anew',
    ],
    [
      'importRun to nowhere',
      () => importRun(zip, wrong(undefined), { base }),
      'UsageError: importRun: expected the run to be a path in the private file system, such as opfs:runs/pets, got undefined',
    ],
    [
      'importRun of an unknown option',
      () => importRun(zip, 'opfs:runs/new', wrong({ max: 3 })),
      'UsageError: importRun: unknown option max;',
    ],
    [
      'deleteRun of nothing',
      () => web.deleteRun(wrong(undefined)),
      'UsageError: deleteRun: expected the run to be a path in the private file system, such as opfs:runs/pets, got undefined',
    ],
    [
      'deleteRun of all',
      () => web.deleteRun('opfs:', { base }),
      "UsageError: deleteRun: expected the run to be a path in the private file system, such as opfs:runs/pets, got 'opfs:'",
    ],
    [
      'readMetrics of a run that is not there',
      () => web.readMetrics('opfs:runs/none', { base }),
      'CardinalError: no run opfs:runs/none: check its name (listRuns); if it was there, the browser has deleted the',
    ],
    [
      'readMetrics of no lines',
      () => web.readMetrics('opfs:runs/none', { base, last: 0 }),
      'UsageError: readMetrics: expected last to be a whole number of at least 1, got 0',
    ],
  ];
}

export interface Outcome {
  readonly name: string;
  readonly expected: string;
  readonly got: string;
  readonly fits: boolean;
}

async function outcomes(): Promise<Outcome[]> {
  const found: Outcome[] = [];
  for (const [name, call, begins] of await calls()) {
    const thrown = await call().then(
      () => 'nothing was thrown',
      (error: unknown) => error,
    );
    const got = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    found.push({ name, expected: begins, got, fits: got.startsWith(begins) && !got.includes('\n') });
  }
  return found;
}
Object.assign(globalThis, { outcomes });
