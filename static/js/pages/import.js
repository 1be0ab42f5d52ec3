/** Importing marks: files in, for each what was read, a label for each of its classes, and the import that can be taken back. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {busy, notify, notifyError, pageData} from '../societies/page.js';
import {ImportCard} from './import/card.js';
import {droppedFiles, chosenFiles} from './upload/files.js';

/** @import {ImportRow, ImportPage} from './import/types.js' */
/** @import {Choice} from './upload/files.js' */

/** A file of 100 MB over a hospital's network takes its time. */
const UPLOAD_MS = 1_800_000;
const POLL_MS = 800;
const AT_WORK = new Set(['waiting', 'reading', 'confirmed', 'storing']);

/** @type {ImportPage} */
const page = pageData();
const zone = byId('import-zone');
const files = /** @type {HTMLInputElement} */ (byId('import-files'));
/** @type {Map<string, ImportCard>} */
const cards = new Map();
let isPolling = false;

/** Sends one file after the other; what the server refuses is told and the others go on. @param {Choice} choice */
async function send({files: chosen}) {
  for (const {file, name} of chosen) {
    if (file.size > page.max_bytes) {
      notify(t('{name} is larger than this site takes.', {name}), {kind: 'error'});
      continue;
    }
    const base = name.split('/').pop() ?? name;
    try {
      const address = `${page.imports_url}?name=${encodeURIComponent(base.slice(0, 255))}`;
      await api.request('POST', address, {body: file, headers: {'Content-Type': 'application/octet-stream'}, timeoutMs: UPLOAD_MS});
    } catch (error) {
      notifyError(error);
    }
    await refresh();
  }
}

/** Shows all imports as they are now, the newest first. */
async function refresh() {
  const {imports} = /** @type {{imports: ImportRow[]}} */ (await api.get(page.imports_url));
  const place = byId('imports');
  for (const row of imports) {
    const card = cards.get(row.id) ?? new ImportCard(page, row.id, {onChange: () => void refresh().catch(notifyError), onSettled: drawAll});
    cards.set(row.id, card);
    await card.show(row);
  }
  const wanted = imports.map((row) => /** @type {ImportCard} */ (cards.get(row.id)).element);
  for (const [id, card] of cards) {
    if (wanted.includes(card.element)) continue;
    card.element.remove();
    cards.delete(id);
  }
  // Moving what is there already would take the focus away.
  wanted.forEach((element, at) => place.children[at] === element || place.insertBefore(element, place.children[at] ?? null));
  drawAll();
  if (imports.some(({state}) => AT_WORK.has(state))) void poll();
}

async function poll() {
  if (isPolling) return;
  isPolling = true;
  await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  isPolling = false;
  await refresh().catch(notifyError);
}

/** Offers to import at once all files for which everything is chosen. */
function drawAll() {
  const ready = [...cards.values()].filter((card) => card.isReady);
  const place = byId('import-all');
  place.hidden = ready.length < 2;
  if (place.hidden) return;
  const text = tn('Import {count} file that is ready', 'Import {count} files that are ready', ready.length);
  const button = el('button', {class: 'button-primary', text, attrs: {type: 'button'}});
  button.addEventListener('click', () =>
    void busy(button, async () => {
      for (const card of ready) await card.confirm();
      await refresh();
    }),
  );
  replaceChildren(place, button);
}

byId('import-choose').addEventListener('click', () => files.click());
files.addEventListener('change', () => {
  const chosen = chosenFiles(files.files ?? []);
  files.value = '';
  void send(chosen);
});
// A file that misses the zone would replace the page: the whole window takes it.
let depth = 0;
window.addEventListener('dragenter', () => {
  depth += 1;
  zone.classList.add('is-over');
});
window.addEventListener('dragleave', () => {
  depth = Math.max(0, depth - 1);
  if (depth === 0) zone.classList.remove('is-over');
});
window.addEventListener('dragover', (event) => event.preventDefault());
window.addEventListener('drop', (event) => {
  event.preventDefault();
  depth = 0;
  zone.classList.remove('is-over');
  if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(send);
});
void refresh().catch(notifyError);
