/**
 * The page's script: it runs as it stands here, in a browser. It sends pictures to the routes beside the page, and shows what they answer.
 */

/** @typedef {{ class: string, label: number, probability: number }} Prediction */
/** @typedef {{ name: string, version: string, architecture: string, classes: number }} Model */

const keyName = 'cardinal-key';
/** Predictions that are asked for. */
const topK = 5;

/** @template {Element} T @param {string} id @param {new () => T} Kind @returns {T} */
function element(id, Kind) {
  const found = document.getElementById(id);
  if (!(found instanceof Kind)) throw new Error(`the page has no ${id}`);
  return found;
}

const parts = {
  keyForm: element('key-form', HTMLFormElement),
  key: element('key', HTMLInputElement),
  models: element('models', HTMLElement),
  model: element('model', HTMLSelectElement),
  drop: element('drop', HTMLElement),
  file: element('file', HTMLInputElement),
  choose: element('choose', HTMLButtonElement),
  camera: element('camera', HTMLButtonElement),
  finder: element('finder', HTMLElement),
  video: element('video', HTMLVideoElement),
  shoot: element('shoot', HTMLButtonElement),
  leave: element('leave', HTMLButtonElement),
  status: element('status', HTMLElement),
  error: element('error', HTMLElement),
  result: element('result', HTMLElement),
  picture: element('picture', HTMLImageElement),
  caption: element('caption', HTMLElement),
  plain: element('plain', HTMLButtonElement),
  predictions: element('predictions', HTMLOListElement),
  about: element('about', HTMLElement),
};

/** What the server says went wrong, in its words. */
class Refusal extends Error {
  /** @param {number} status @param {string} message */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** @type {Blob | undefined} */
let picture;
/** @type {(() => void) | undefined} What is done again once the server has the key. */
let afterKey;
/** Ends what is asked of the server for a picture that nobody looks at any more. */
let looking = new AbortController();
/** @type {MediaStream | undefined} */
let stream;

/**
 * Asks a route beside the page. Throws a `Refusal` with the server's words if it is refused.
 * @param {string} path
 * @param {RequestInit} [options]
 */
async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  const key = sessionStorage.getItem(keyName);
  if (key !== null) headers.set('x-api-key', key);
  /** @type {Response} */
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), { ...options, headers });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Refusal(0, 'The server does not answer. Is it still running?');
  }
  if (response.ok) return response;
  const seconds = response.headers.get('retry-after');
  const words = await wordsOf(response);
  throw new Refusal(response.status, seconds === null ? words : `${words} (try again in ${seconds} s)`);
}

/** @param {Response} response */
async function wordsOf(response) {
  try {
    const { error } = await response.json();
    return sentence(String(error.message));
  } catch {
    return `The server answered ${response.status} ${response.statusText}.`;
  }
}

/** @param {string} text */
function sentence(text) {
  const first = text.slice(0, 1).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/**
 * Does `work`, and says in words what goes wrong with it. Where the key is missing, it is asked for, and `work` done again.
 * @param {() => Promise<void>} work
 */
async function attempt(work) {
  parts.error.textContent = '';
  try {
    await work();
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return;
    parts.status.textContent = '';
    if (error instanceof Refusal && error.status === 401) {
      askForKey(() => void attempt(work));
      return;
    }
    parts.error.textContent = error instanceof Error ? error.message : String(error);
  }
}

/** @param {() => void} then */
function askForKey(then) {
  const hadOne = sessionStorage.getItem(keyName) !== null;
  parts.error.textContent = hadOne ? 'The server does not take this key.' : '';
  parts.keyForm.hidden = false;
  afterKey = then;
  parts.key.focus();
}

async function loadModels() {
  const response = await ask('models');
  /** @type {{ models: Model[] }} */
  const { models } = await response.json();
  parts.model.replaceChildren(
    ...models.map(({ name, architecture, classes }) => {
      const text = name === architecture ? name : `${name} (${architecture})`;
      return new Option(`${text}, ${classes} classes`, name);
    }),
  );
  parts.models.hidden = models.length === 0;
}

/** @param {Blob | null | undefined} blob */
function take(blob) {
  if (blob === null || blob === undefined) return;
  picture = blob;
  void classify();
}

function classify() {
  if (picture === undefined) return;
  const shown = picture;
  looking.abort();
  looking = new AbortController();
  const { signal } = looking;
  return attempt(async () => {
    parts.status.textContent = 'Looking at the picture …';
    const { predictions, model, version } = await predict(shown, signal);
    if (signal.aborted) return;
    show(shown, `The picture`);
    showPredictions(predictions);
    parts.about.textContent = `${model}, version ${version}`;
    parts.result.hidden = false;
    const [best] = predictions;
    parts.status.textContent = `${best.class}, ${percent(best.probability)}`;
  });
}

/**
 * @param {Blob} blob
 * @param {AbortSignal} signal
 * @returns {Promise<{ predictions: Prediction[], model: string, version: string }>}
 */
async function predict(blob, signal) {
  const response = await ask(`classify?topK=${topK}${modelQuery()}`, post(blob, signal));
  return response.json();
}

function modelQuery() {
  const name = parts.model.value;
  return name === '' ? '' : `&model=${encodeURIComponent(name)}`;
}

/** @param {Blob} blob @param {AbortSignal} signal @returns {RequestInit} */
function post(blob, signal) {
  const type = blob.type.startsWith('image/') ? blob.type : 'application/octet-stream';
  return { method: 'POST', body: blob, headers: { 'content-type': type }, signal };
}

/** @param {number} label @param {string} name */
function explain(label, name) {
  if (picture === undefined) return;
  const shown = picture;
  looking.abort();
  looking = new AbortController();
  const { signal } = looking;
  return attempt(async () => {
    parts.status.textContent = `Looking for ${name} …`;
    const options = post(shown, signal);
    const headers = { ...options.headers, accept: 'image/png' };
    const response = await ask(`explain?class=${label}${modelQuery()}`, { ...options, headers });
    const map = await response.blob();
    if (signal.aborted) return;
    show(map, `Where the network sees ${name}`);
    parts.status.textContent = `The warmer, the more it speaks for ${name}.`;
    mark(label);
  });
}

/** @param {Blob} blob @param {string} words */
function show(blob, words) {
  if (parts.picture.src !== '') URL.revokeObjectURL(parts.picture.src);
  parts.picture.src = URL.createObjectURL(blob);
  parts.picture.alt = words;
  parts.caption.textContent = words;
  parts.picture.hidden = false;
  mark(undefined);
}

/** Says which class the map is of, if it is one. @param {number | undefined} label */
function mark(label) {
  for (const button of parts.predictions.querySelectorAll('button')) {
    button.setAttribute('aria-pressed', String(button.dataset['label'] === String(label)));
  }
  parts.plain.hidden = label === undefined;
}

/** @param {Prediction[]} predictions */
function showPredictions(predictions) {
  parts.predictions.replaceChildren(
    ...predictions.map(({ class: name, label, probability }) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset['label'] = String(label);
      button.title = `Show where the network sees ${name}`;
      button.setAttribute('aria-pressed', 'false');
      const words = document.createElement('bdi');
      words.textContent = name;
      const share = document.createElement('span');
      share.textContent = percent(probability);
      const track = document.createElement('span');
      track.className = 'track';
      const bar = document.createElement('span');
      bar.className = 'bar';
      bar.style.width = `${probability * 100}%`;
      track.append(bar);
      button.append(words, share, track);
      button.addEventListener('click', () => void explain(label, name));
      item.append(button);
      return item;
    }),
  );
}

/** @param {number} share */
function percent(share) {
  return `${(share * 100).toFixed(1)} %`;
}

async function openCamera() {
  stream = await navigator.mediaDevices
    .getUserMedia({ video: { facingMode: 'environment' } })
    .catch((error) => {
      throw new Error(
        error instanceof DOMException && error.name === 'NotAllowedError'
          ? 'The browser does not let this page use the camera.'
          : 'There is no camera that can be used.',
      );
    });
  parts.video.srcObject = stream;
  await parts.video.play();
  parts.finder.hidden = false;
  parts.shoot.focus();
}

function closeCamera() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = undefined;
  parts.video.srcObject = null;
  parts.finder.hidden = true;
  parts.camera.focus();
}

function shoot() {
  const canvas = document.createElement('canvas');
  canvas.width = parts.video.videoWidth;
  canvas.height = parts.video.videoHeight;
  canvas.getContext('2d')?.drawImage(parts.video, 0, 0);
  canvas.toBlob(take, 'image/jpeg', 0.95);
  closeCamera();
}

parts.keyForm.addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(keyName, parts.key.value);
  parts.key.value = '';
  parts.keyForm.hidden = true;
  afterKey?.();
});
parts.choose.addEventListener('click', () => {
  parts.file.click();
});
parts.file.addEventListener('change', () => {
  take(parts.file.files?.[0]);
  // The same file may be chosen again.
  parts.file.value = '';
});
parts.model.addEventListener('change', () => void classify());
parts.plain.addEventListener('click', () => {
  if (picture !== undefined) show(picture, 'The picture');
  parts.status.textContent = '';
});
parts.picture.addEventListener('error', () => {
  parts.picture.hidden = true;
  parts.caption.textContent = 'This browser cannot show the picture.';
});
if ('mediaDevices' in navigator) {
  parts.camera.hidden = false;
  parts.camera.addEventListener('click', () => void attempt(openCamera));
  parts.shoot.addEventListener('click', shoot);
  parts.leave.addEventListener('click', closeCamera);
}
document.addEventListener('paste', (event) => {
  take(event.clipboardData?.files[0]);
});
// Anywhere on the page: a picture that misses the frame would take its place.
document.addEventListener('dragover', (event) => {
  event.preventDefault();
  parts.drop.classList.add('over');
});
document.addEventListener('dragleave', (event) => {
  if (event.relatedTarget === null) parts.drop.classList.remove('over');
});
document.addEventListener('drop', (event) => {
  event.preventDefault();
  parts.drop.classList.remove('over');
  take(event.dataTransfer?.files[0]);
});
void attempt(loadModels);
