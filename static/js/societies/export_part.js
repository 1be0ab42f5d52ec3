/** The export card: the addresses follow what people tick, and an export that would lose something is refused on the page. */

import {api, errorOf} from '../lib/api.js';
import {el} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {lacking, withChoices} from './export_choices.js';
import {busy, notify, notifyError} from './page.js';

/** An export with requirements is made whole before its first byte is sent: half an hour, as long as a million marks need and more. */
const WHOLE_EXPORT_MS = 1_800_000;

/**
 * Lets the links of the card follow its tick boxes.
 * @param {(wanted: Record<string, any>) => Promise<void>} ask leaves an export to the server
 */
export function followExportChoices(ask) {
  const background = /** @type {HTMLInputElement} */ (byId('export-background'));
  const drafts = /** @type {HTMLInputElement} */ (byId('export-drafts'));
  const boxes = [...byId('export-required').querySelectorAll('input')];
  const links = [...byId('export-list').querySelectorAll('a')];
  const map = /** @type {HTMLSelectElement | null} */ (document.getElementById('export-map'));
  const dropped = /** @type {HTMLInputElement | null} */ (document.getElementById('export-unmapped'));
  const ticked = () => boxes.filter((box) => box.checked);
  const underMap = () => (map?.value ? {label_map: [map.value], unmapped: dropped?.checked ? 'drop' : 'refuse'} : {});
  const follow = () => {
    const required = ticked().map((box) => box.value);
    const mapped = {labelMap: map?.value ?? '', dropUnmapped: dropped?.checked ?? false};
    const choice = document.getElementById('export-unmapped-choice');
    if (choice) choice.hidden = !mapped.labelMap;
    for (const link of links) {
      link.setAttribute('href', withChoices(link.getAttribute('href') ?? '', {drafts: drafts.checked, required, ...mapped}));
      const lost = new Set(lacking(link.dataset.lacks ?? '', required));
      if (lost.size > 0) link.setAttribute('aria-disabled', 'true');
      else link.removeAttribute('aria-disabled');
      link.title = lost.size ? t('Never holds: {fields}', {fields: names(ticked().filter((box) => lost.has(box.value)))}) : '';
    }
  };
  for (const box of [drafts, map, dropped, ...boxes]) box?.addEventListener('change', follow);
  for (const link of links) {
    link.addEventListener('click', (event) => {
      if (ticked().length === 0 && !map?.value && !background.checked) return;
      event.preventDefault();
      const require = ticked().map((box) => box.value);
      if (link.hasAttribute('aria-disabled')) notify(t('This format would lose something that must be kept.'), {kind: 'error', hint: link.title});
      else if (background.checked) void ask({format: link.dataset.format, drafts: drafts.checked, require, ...underMap()});
      else void fetchWhole(link, ticked().length ? t('The export holds everything that was required.') : t('The export under the label map is made.'));
    });
  }
  follow();
  followCrops((options) => ask({format: 'crops', drafts: drafts.checked, options, ...underMap()}));
}

/** @param {(options: Record<string, any>) => Promise<void>} ask */
function followCrops(ask) {
  const form = /** @type {HTMLFormElement} */ (byId('export-crops'));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const said = new FormData(form);
    const button = form.querySelector('button');
    if (!button) return;
    const options = {
      of: said.get('of'),
      size_px: Number(said.get('size_px')),
      spacing_um: Number(said.get('spacing_um')),
      margin_percent: Number(said.get('margin_percent')),
      labels: said.getAll('labels'),
    };
    void busy(button, () => ask(options));
  });
}

/** @param {HTMLInputElement[]} boxes @returns {string} */
function names(boxes) {
  return boxes.map((box) => box.labels?.[0]?.textContent?.trim() ?? box.value).join(', ');
}

/**
 * Fetches an export that may be refused: the browser's own download would not say why.
 * @param {HTMLAnchorElement} link
 * @param {string} done what is said in the end
 */
async function fetchWhole(link, done) {
  link.setAttribute('aria-busy', 'true');
  notify(t('The export is made and checked before it is sent.'));
  try {
    const response = await api.fetch('GET', link.href, {timeoutMs: WHOLE_EXPORT_MS});
    if (!response.ok) throw await errorOf(response);
    const address = URL.createObjectURL(await response.blob());
    const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1] ?? 'export.zip';
    el('a', {attrs: {href: address, download: name}}).click();
    URL.revokeObjectURL(address);
    notify(done);
  } catch (error) {
    notifyError(error);
  } finally {
    link.removeAttribute('aria-busy');
  }
}
