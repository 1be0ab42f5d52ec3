/** The upload page: files and folders in, a result for each out. */

import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {bytes} from './upload/bytes.js';
import {chosenFiles, droppedFiles} from './upload/files.js';
import {UploadList} from './upload/list.js';
import {UploadQueue} from './upload/queue.js';
import {download, reportCsv} from './upload/report.js';
import {sender, tooLarge} from './upload/send.js';
import {ResumableSender} from './upload/tus.js';

/** @import {Choice} from './upload/files.js' */
/** @import {Counts, Send} from './upload/queue.js' */
/** @import {Unfinished} from './upload/tus.js' */

/** @type {{upload_url: string, tus_url: string, image_page_url: string, max_bytes: number, unfinished: Unfinished[]}} */
const page = JSON.parse(document.getElementById('page-data')?.textContent ?? '{}');

/** @template {HTMLElement} T @param {string} id @param {new () => T} kind @returns {T} */
function part(id, kind) {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) throw new Error(`The page has no ${id}.`);
  return found;
}

const zone = part('upload-zone', HTMLElement);
const board = part('upload-board', HTMLElement);
const total = part('upload-total', HTMLProgressElement);
const summary = part('upload-summary', HTMLElement);
const spoken = part('upload-spoken', HTMLElement);
const note = part('upload-note', HTMLElement);
const cancelAll = part('upload-cancel', HTMLButtonElement);
const pauseAll = part('upload-pause', HTMLButtonElement);
const resumeAll = part('upload-resume', HTMLButtonElement);
const retryAll = part('upload-retry', HTMLButtonElement);
const report = part('upload-report', HTMLButtonElement);
const problems = part('upload-problems', HTMLInputElement);
const rows = part('upload-rows', HTMLElement);
const filesInput = part('upload-files', HTMLInputElement);
const folderInput = part('upload-folder', HTMLInputElement);

// Below this a file goes in one request: sent again after a break, it costs less than the requests of the protocol.
const LARGE_BYTES = 8 << 20;
// Only what is kept on the server is unpacked there.
const ARCHIVE = /\.zip$/i;

const earlier = part('upload-earlier', HTMLElement);
const resumable = new ResumableSender({url: page.tus_url, unfinished: page.unfinished, onTaken: (id) => forget(id)});
const whole = sender(page.upload_url, page.max_bytes);
/** @type {Send} */
const send = (file, options) => {
  if (file.size > page.max_bytes) return Promise.resolve(tooLarge());
  return (file.size > LARGE_BYTES || ARCHIVE.test(file.name) ? resumable.send : whole)(file, options);
};
const queue = new UploadQueue({
  send,
  discard: (file) => resumable.discard(file),
  onChange: (item) => list.touch(item),
  onAdded: (items) => list.add(items),
});
const list = new UploadList({target: rows, imageUrl: page.image_page_url, queue, onDrawn: drawSummary});
let wasBusy = false;

function drawSummary() {
  const {counts, bytes: amount} = queue;
  board.hidden = queue.items.length === 0;
  total.max = Math.max(1, amount.total);
  total.value = amount.total === 0 ? 1 : amount.sent;
  replaceChildren(summary, ...chips(counts));
  cancelAll.hidden = !queue.busy && counts.paused === 0;
  pauseAll.hidden = !queue.busy;
  resumeAll.hidden = queue.busy || counts.paused === 0;
  retryAll.hidden = queue.busy || counts.failed + counts.cancelled === 0;
  report.hidden = queue.items.every((item) => item.outcome === null);
  if (wasBusy && !queue.busy && counts.paused === 0) spoken.textContent = spokenSummary(counts);
  wasBusy = queue.busy;
}

/** @param {Counts} counts @returns {HTMLElement[]} */
function chips(counts) {
  const open = counts.waiting + counts.sending + counts.checking + counts.unpacking;
  const size = t('{sent} of {total}', {sent: bytes(queue.bytes.sent), total: bytes(queue.bytes.total)});
  /** @type {[number, string, string][]} */
  const parts = [
    [open, t('{count} to go', {count: open}), ''],
    [counts.paused, t('{count} paused', {count: counts.paused}), 'badge-warn'],
    [counts.accepted, t('{count} accepted', {count: counts.accepted}), 'badge-ok'],
    [counts.duplicate, t('{count} already there', {count: counts.duplicate}), 'badge-accent'],
    [counts.refused, t('{count} refused', {count: counts.refused}), 'badge-danger'],
    [counts.skipped, t('{count} skipped', {count: counts.skipped}), ''],
    [counts.failed, t('{count} failed', {count: counts.failed}), 'badge-warn'],
    [counts.cancelled, t('{count} cancelled', {count: counts.cancelled}), ''],
  ];
  const badges = parts.filter(([count]) => count > 0).map(([, text, look]) => el('span', {class: `badge numbers ${look}`, text}));
  return [...badges, el('span', {class: 'small muted numbers', text: size})];
}

/** @param {Counts} counts @returns {string} */
function spokenSummary(counts) {
  const bad = counts.refused + counts.failed + counts.cancelled;
  const good = counts.accepted + counts.duplicate;
  return t('Finished: {good} files are in the collection, {bad} are not.', {good, bad});
}

/** Takes an upload of an earlier visit off the page: it goes on, or is thrown away. @param {string} id */
function forget(id) {
  earlier.querySelector(`[data-upload="${id}"]`)?.remove();
  earlier.hidden = earlier.querySelector('[data-upload]') === null;
}

function drawEarlier() {
  const rows = page.unfinished.map((upload) => {
    const size = t('{sent} of {total}', {sent: bytes(upload.offset), total: bytes(upload.length)});
    const discard = () => void resumable.discardEarlier(upload).then(() => forget(upload.id), () => {});
    return el('li', {class: 'row', data: {upload: upload.id}},
      el('span', {text: upload.name}),
      el('span', {class: 'small muted numbers', text: size}),
      el('button', {
        class: 'button-quiet button-small',
        text: t('Discard'),
        attrs: {type: 'button', 'aria-label': t('Discard {name}', {name: upload.name})},
        on: {click: discard},
      }),
    );
  });
  replaceChildren(part('upload-earlier-rows', HTMLElement), ...rows);
  earlier.hidden = rows.length === 0;
}

/** @param {Choice} choice */
function take({files, hidden}) {
  note.hidden = hidden === 0;
  note.textContent = tn('{count} hidden file was left out.', '{count} hidden files were left out.', hidden);
  if (files.length > 0) list.add(queue.add(files));
}

for (const input of [filesInput, folderInput]) {
  input.addEventListener('change', () => {
    take(chosenFiles(input.files ?? []));
    input.value = '';
  });
}
part('upload-choose-files', HTMLButtonElement).addEventListener('click', () => filesInput.click());
part('upload-choose-folder', HTMLButtonElement).addEventListener('click', () => folderInput.click());
pauseAll.addEventListener('click', () => queue.pauseAll());
resumeAll.addEventListener('click', () => queue.resumeAll());
cancelAll.addEventListener('click', () => queue.cancelAll());
report.addEventListener('click', () => {
  download(reportCsv(queue.items, `${location.origin}${page.image_page_url}`), 'mitate-upload.csv');
});
retryAll.addEventListener('click', () => queue.retryFailed());
problems.addEventListener('change', () => rows.classList.toggle('only-problems', problems.checked));

drawEarlier();

// A file that misses the zone would replace the page and lose what is under way: the whole window takes it.
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
  if (event.dataTransfer) void droppedFiles(event.dataTransfer).then(take);
});
window.addEventListener('beforeunload', (event) => {
  if (queue.busy) event.preventDefault();
});
