/** The panel of cells: what is shown and how, how many there are where, and what is chosen. */

import {actionButton} from '../../actions/buttons.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t, tn} from '../../lib/i18n.js';
import {areaUm2} from '../../viewer/geometry.js';
import {keyOf} from './cells.js';
import {swatch} from '../panels/labels_panel.js';
import {section} from '../panels/section.js';
import {outlineOf} from './region.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {Store} from '../store.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {Cells} from './cells.js' */
/** @import {Counts} from './work/layer_work.js' */

const FULL = 255;
const COUNT_AFTER_MS = 120;
const CHOICES = ['cells.accept', 'cells.delete', 'cells.edit', 'cells.clear'];

/**
 * @param {object} parts
 * @param {Cells} parts.cells
 * @param {Viewer} parts.viewer
 * @param {Store} parts.store
 * @param {Workspace} parts.workspace
 * @param {Registry} parts.registry
 * @param {string} parts.path of the read in the API
 * @returns {HTMLElement}
 */
export function cellsPanel({cells, viewer, store, workspace, registry, path}) {
  const where = el('p', {class: 'panel-hint', attrs: {'aria-live': 'polite'}});
  const rows = cells.labels.map((label, place) => labelRow(cells, label, place));
  const chosen = el('p', {class: 'cells-chosen', attrs: {'aria-live': 'polite'}});
  const choices = el(
    'div',
    {class: 'decision-buttons'},
    ...CHOICES.map((id) => actionButton(registry, id, {text: true, class: 'decision-button', showKey: true, icon: false})),
  );
  const hint = el('p', {class: 'panel-hint', text: t('A label key or a click on a label gives it to all of them.')});
  const retry = el('button', {
    class: 'decision-button',
    text: t('Try again'),
    attrs: {type: 'button'},
    on: {click: () => cells.view.refresh()},
  });
  const part = section(
    {id: 'cells-panel', title: t('Cells')},
    el('div', {class: 'cells-layers'}, ...cells.layers.map((layer) => layerRow(cells, layer, path))),
    el('div', {class: 'cells-labels', attrs: {role: 'group', 'aria-label': t('Labels of the cells')}}, ...rows.map(({element}) => element)),
    controls(cells),
    where,
    retry,
    chosen,
    choices,
    hint,
  );
  let asked = 0;
  const count = async () => {
    // What is seen comes first: when it is drawn, this is asked for again.
    if (cells.view.isDrawing) return;
    asked += 1;
    const mine = asked;
    const region = outlineOf(store, workspace);
    const counts = await Promise.all((region ? region.rings : [null]).map((ring) => cells.count(region?.extent ?? viewExtent(viewer), ring)));
    if (mine !== asked) return;
    const total = added(counts, cells.labels.length);
    const area = region ? region.areaPx : areaOf(viewExtent(viewer));
    const mm2 = viewer.manifest.spacing ? (area * areaUm2(UNIT, viewer.manifest.spacing)) / 1e6 : null;
    rows.forEach((row, place) => row.show(total.shown[place], mm2));
    where.textContent = summary(cells, total, mm2, region !== null);
  };
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void count(), COUNT_AFTER_MS);
  };
  let told = '';
  const update = () => {
    part.note(cells.isComplete ? t('all in view shown') : cells.view.failed > 0 ? t('incomplete') : t('loading…'));
    part.element.classList.toggle('is-incomplete', cells.view.failed > 0);
    retry.hidden = cells.view.failed === 0;
    for (const row of rows) row.update();
    const canChange = cells.chosen > 0 && workspace.state.canWrite;
    for (const one of [choices, hint]) one.hidden = !canChange;
    chosen.hidden = cells.chosen === 0;
    const count = cells.chosen.toLocaleString();
    chosen.textContent = tn('{number} cell chosen', '{number} cells chosen', cells.chosen, {number: count});
    const state = [cells.chosen, canChange, ...workspace.state.selection].join(' ');
    if (state !== told) registry.refresh();
    told = state;
    later();
  };
  cells.observe(update);
  viewer.onChange(({kind}) => {
    if (kind === 'view') later();
  });
  workspace.observe((changed) => {
    if (changed.has('selection') || changed.has('canWrite')) update();
  });
  update();
  return part.element;
}

/** @type {import('../types.js').Ring} a square pixel, for the area of one */
const UNIT = [
  [0, 0],
  [1, 0],
  [1, 1],
  [0, 1],
  [0, 0],
];

/** @param {number[]} extent @returns {number} level-0 px squared */
const areaOf = ([left, top, right, bottom]) => Math.max(0, right - left) * Math.max(0, bottom - top);

/** @param {Viewer} viewer @returns {number[]} left, top, right, bottom of what is seen of the image; level-0 px */
export function viewExtent(viewer) {
  const [left, below, right, above] = viewer.view.calculateExtent(viewer.map.getSize());
  const {width, height} = viewer.manifest;
  return [Math.max(0, left), Math.max(0, -above), Math.min(width, right), Math.min(height, -below)];
}

/** @param {Counts[]} counts the first ring's without those of its holes @param {number} labels @returns {Counts} */
function added(counts, labels) {
  return counts.reduce(
    (sum, one) => ({shown: sum.shown.map((number, place) => number + one.shown[place]), decided: sum.decided + one.decided}),
    {shown: new Array(labels).fill(0), decided: 0},
  );
}

/** @param {Cells} cells @param {Counts} counts @param {number | null} mm2 @param {boolean} isRegion @returns {string} */
function summary(cells, {shown, decided}, mm2, isRegion) {
  const count = shown.reduce((sum, number) => sum + number, 0);
  const values = {count: count.toLocaleString(), decided: decided.toLocaleString(), density: perMm2(count, mm2)};
  const text = isRegion ? t('In the selected region: {count} cells {density}, {decided} decided by you.', values) : t('In view: {count} cells {density}, {decided} decided by you.', values);
  return cells.importing > 0 ? `${text} ${t('More cells are being imported.')}` : text;
}

/** @param {number} count @param {number | null} mm2 @returns {string} */
function perMm2(count, mm2) {
  return mm2 === null || mm2 === 0 ? '' : `(${Math.round(count / mm2).toLocaleString()} /mm²)`;
}

/** @param {Cells} cells @param {import('./cells.js').CellLabel} label @param {number} place */
function labelRow(cells, label, place) {
  // Labels that no layer uses are there to be given; they take no room until a cell has one.
  const isOffered = cells.ready.some(({labels}) => labels.some((one) => keyOf(one) === label.code));
  const input = el('input', {
    attrs: {type: 'checkbox', 'aria-label': t('Show {label}', {label: label.name})},
    on: {
      change: () => {
        const others = cells.look.hiddenLabels.filter((code) => code !== label.code);
        cells.setLook({hiddenLabels: input.checked ? others : [...others, label.code]});
      },
    },
  });
  const number = el('span', {class: 'row-size', text: '0'});
  const element = el('label', {class: 'cells-row', data: {place: String(place)}}, input, swatch(label.colour), el('span', {class: 'row-name', text: label.name}), number);
  return {
    element,
    update: () => {
      input.checked = !cells.look.hiddenLabels.includes(label.code);
      element.hidden = !isOffered && number.textContent === '0' && input.checked;
    },
    /** @param {number} count @param {number | null} mm2 */
    show: (count, mm2) => {
      number.textContent = count.toLocaleString();
      number.title = perMm2(count, mm2);
      element.hidden = !isOffered && count === 0 && input.checked;
    },
  };
}

/** @param {Cells} cells @param {import('./cells.js').ToldLayer} layer @param {string} path */
function layerRow(cells, layer, path) {
  if (layer.state !== 'ready') return el('p', {class: 'panel-hint', text: t('{name}: being imported', {name: layer.name})});
  const input = el('input', {
    attrs: {type: 'checkbox', 'aria-label': t('Show {label}', {label: layer.name})},
    on: {
      change: () => {
        const others = cells.look.hiddenLayers.filter((id) => id !== layer.id);
        cells.setLook({hiddenLayers: input.checked ? others : [...others, layer.id]});
      },
    },
  });
  input.checked = !cells.look.hiddenLayers.includes(layer.id);
  const file = el('a', {class: 'cells-file', text: 'GeoJSON', attrs: {href: `${path}cell-layers/${layer.id}/geojson/`, download: ''}});
  const name = el('span', {class: 'row-name', text: layer.name, attrs: {title: originOf(layer)}});
  return el(
    'div',
    {class: 'cells-row'},
    el('label', {class: 'cells-row-main'}, input, name, el('span', {class: 'row-size', text: layer.cells.toLocaleString()})),
    file,
  );
}

/** @param {import('./cells.js').ToldLayer} layer @returns {string} its name, and the model, endpoint and run that it comes from */
const originOf = ({name, source, run_id}) => [name, source.endpoint, run_id].filter(Boolean).join(' · ');

/** @param {Cells} cells @returns {HTMLElement} score, opacity, filled */
function controls(cells) {
  const score = slider(t('Score from'), (cells.look.threshold / FULL) * 100, (value) => cells.setLook({threshold: Math.round((value * FULL) / 100)}));
  const opacity = slider(t('Opacity'), cells.look.opacity * 100, (value) => cells.setLook({opacity: value / 100}));
  const filled = el('input', {attrs: {type: 'checkbox'}, on: {change: () => cells.setLook({isFilled: filled.checked})}});
  filled.checked = cells.look.isFilled;
  return el('div', {class: 'cells-controls'}, score, opacity, el('label', {class: 'cells-row'}, filled, el('span', {text: t('Filled')})));
}

/** @param {string} name @param {number} value percent @param {(value: number) => void} onInput @returns {HTMLElement} */
function slider(name, value, onInput) {
  const shown = el('output', {class: 'row-size'});
  const input = el('input', {
    attrs: {type: 'range', min: 0, max: 100, step: 1, 'aria-label': name},
    on: {
      input: () => {
        shown.textContent = `${input.value} %`;
        onInput(input.valueAsNumber);
      },
    },
  });
  input.value = String(Math.round(value));
  shown.textContent = `${input.value} %`;
  return el('label', {class: 'cells-row'}, el('span', {class: 'cells-slider-name', text: name}), input, shown);
}

/** Puts the panel where the reader's eye goes after the labels. @param {HTMLElement} panel @param {HTMLElement} element */
export function placePanel(panel, element) {
  const asked = panel.querySelector('.panel-asked') ?? panel;
  const before = asked.querySelector('#suggestions-panel');
  if (before) before.before(element);
  else replaceChildren(asked, ...asked.childNodes, element);
}
