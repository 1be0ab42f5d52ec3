/** The cells of a campaign's images: bringing a file in, and what became of each. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';
import {busy, icon, notify, shortTime} from './page.js';

/** @import {ImageRow} from './campaign_parts.js' */

/** A file of a gigabyte over a hospital's network takes its time. */
const UPLOAD_MS = 3_600_000;
const KINDS = ['slide', 'photograph'];
/** @type {Record<string, string>} */
const BADGES = {waiting: 'badge', importing: 'badge badge-accent', ready: 'badge badge-ok', failed: 'badge badge-danger'};

/**
 * @param {HTMLElement} place
 * @param {{cells: any[], cells_url: string, id: string}} data of the page
 * @param {ImageRow[]} images
 * @param {() => Promise<void>} refresh
 */
export function drawCells(place, data, images, refresh) {
  const fitting = images.filter(({kind}) => KINDS.includes(kind));
  if (fitting.length === 0) {
    replaceChildren(place, el('p', {class: 'help', text: t('Cells lie on slides and photographs; this campaign has none.')}));
    return;
  }
  // A page that follows what happens is drawn again at any moment: a file that is chosen already stays chosen.
  const offered = fitting.map(({image_id}) => image_id).join(' ');
  const kept = place.querySelector('form');
  const bringing = kept?.dataset.offered === offered ? kept : form(data, fitting, refresh);
  bringing.dataset.offered = offered;
  const list = data.cells.length > 0
    ? el('ul', {class: 'runs'}, ...data.cells.map((layer) => item(data, layer, refresh)))
    : el('p', {class: 'help', text: t('No cells have been brought in yet.')});
  if (bringing === kept) place.lastElementChild?.replaceWith(list);
  else replaceChildren(place, bringing, list);
}

/** @param {{id: string}} data @param {ImageRow[]} images @param {() => Promise<void>} refresh @returns {HTMLElement} */
function form(data, images, refresh) {
  const image = el(
    'select',
    {attrs: {id: 'cells-image'}},
    ...images.map((each) => el('option', {text: each.name, attrs: {value: each.image_id}})),
  );
  const file = el('input', {attrs: {id: 'cells-file', type: 'file', accept: '.geojson,.json,.gz,.ndjson', required: true}});
  const button = el('button', {text: t('Bring cells in'), attrs: {type: 'submit'}});
  const element = el(
    'form',
    {},
    el('p', {class: 'muted small', text: t('GeoJSON as QuPath exports detections, plain or gzip. Readers see them as proposals.')}),
    el('div', {class: 'field'}, el('label', {text: t('Image'), attrs: {for: 'cells-image'}}), image),
    el('div', {class: 'field'}, el('label', {text: t('File'), attrs: {for: 'cells-file'}}), file),
    button,
  );
  element.addEventListener('submit', (event) => {
    event.preventDefault();
    const [chosen] = file.files ?? [];
    if (!chosen) return;
    void busy(button, async () => {
      const name = encodeURIComponent(chosen.name.slice(0, 200));
      const address = `/api/campaigns/${data.id}/images/${image.value}/cell-layers/?name=${name}`;
      await api.request('POST', address, {body: chosen, headers: {'Content-Type': 'application/octet-stream'}, timeoutMs: UPLOAD_MS});
      notify(t('The file is there; the cells appear when they are imported.'));
      file.value = '';
      await refresh();
    });
  });
  return element;
}

/** @param {{cells_url: string}} data @param {any} layer @param {() => Promise<void>} refresh @returns {HTMLElement} */
function item(data, layer, refresh) {
  const count = layer.state === 'ready' ? tn('{number} cell', '{number} cells', layer.cells, {number: layer.cells.toLocaleString()}) : '';
  const refused = Object.values(/** @type {Record<string, number>} */ (layer.refused)).reduce((sum, number) => sum + number, 0);
  const left = refused > 0 ? tn('{number} object is no cell', '{number} objects are no cells', refused, {number: refused.toLocaleString()}) : '';
  const facts = [layer.image_name, count, left, shortTime(layer.created_at)].filter(Boolean).join(' · ');
  const name = t('Throw {name} away', {name: layer.name});
  const remove = el('button', {class: 'button-small button-quiet', attrs: {type: 'button', 'aria-label': name, title: name}}, icon('remove'));
  remove.addEventListener('click', () =>
    void busy(remove, async () => {
      await api.delete(`${data.cells_url}${layer.id}/`);
      await refresh();
    }),
  );
  return el(
    'li',
    {},
    el('p', {class: 'run-head'}, el('span', {text: layer.name}), el('span', {class: BADGES[layer.state], text: stateName(layer.state)}), remove),
    el('p', {class: 'small muted numbers', text: facts, attrs: {title: reasons(layer.refused)}}),
    layer.run_id ? el('p', {class: 'small muted', text: origin(layer), attrs: {title: layer.run_id}}) : null,
    layer.error ? el('p', {class: 'small', text: `${layer.error.message} ${layer.error.hint}`}) : null,
  );
}

/** @param {any} layer @returns {string} which model outlined the cells, and which pass of it */
function origin({source, run_id}) {
  return t('By the model {model}, version {version}, at {endpoint}; run {run}', {
    model: source.model,
    version: source.version || '—',
    endpoint: source.endpoint,
    run: run_id.slice(0, 8),
  });
}

/** @param {Record<string, number>} refused @returns {string} */
const reasons = (refused) => Object.entries(refused).map(([code, number]) => `${code}: ${number}`).join(', ');

/** @param {string} state @returns {string} */
function stateName(state) {
  /** @type {Record<string, string>} */
  const names = {waiting: t('waiting'), importing: t('being imported'), ready: t('ready'), failed: t('failed')};
  return names[state] ?? state;
}
