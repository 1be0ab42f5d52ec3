/** How the picture is shown, where one looks, and what is taken along of it. What they need is fetched at their first use. */

import {actionButton} from '../actions/buttons.js';
import {t} from '../lib/i18n.js';
import {later} from '../lib/later.js';
import {linkOf, placeOfLink} from '../viewer/seeing/place.js';

/** @import {Action, Registry} from '../actions/registry.js' */
/** @import {Viewer} from '../viewer/viewer.js' */
/** @import {LayersPanel} from './panels/layers_panel.js' */
/** @import {Parts} from './workbench_actions.js' */
/** @import {Look} from '../viewer/seeing/look.js' */
/** @import {LookPanel} from '../viewer/seeing/panel.js' */

const fetchGoTo = later(() => import('../viewer/seeing/goto-dialog.js'));
const fetchSnapshot = later(() => import('../viewer/seeing/snapshot.js'));
const fetchLook = later(() => import('../viewer/seeing/look.js'));
const fetchLookPanel = later(() => import('../viewer/seeing/panel.js'));
const fetchLayersPanel = later(() => import('./panels/layers_panel.js'));
const fetchCompare = later(() => import('../viewer/seeing/compare.js'));
const fetchTwoReaders = later(() => import('./readers/two_readers.js'));

/** @returns {ReturnType<typeof placeOfLink>} the view that the address asks for; asked once, for a reload should not go there again */
export function linkedView() {
  const place = placeOfLink(location.hash);
  if (place) history.replaceState(null, '', location.pathname + location.search);
  return place;
}

/** A link that is opened on the page itself goes there as well. @param {Viewer} viewer */
export function followLinks(viewer) {
  globalThis.addEventListener('hashchange', () => {
    const place = linkedView();
    if (place) viewer.goTo(place);
  });
}

/** Puts what changes the view beside the buttons that turn it. @param {Viewer} viewer @param {Registry} registry */
export function addViewButtons(viewer, registry) {
  const there = ['walk.toggle', 'image.together', 'image.compare', 'marks.two-readers', 'marks.layers', 'image.look'].filter((id) => registry.actions.has(id));
  viewer.stage.buttons?.prepend(...there.map((id) => actionButton(registry, id, {class: 'viewer-button'})));
}

/** @param {Viewer} viewer */
async function copyLink(viewer) {
  const url = `${location.origin}${location.pathname}#${linkOf(viewer.state())}`;
  try {
    await navigator.clipboard.writeText(url);
    viewer.notify(t('The link to this view is copied. It opens for those who may see this page.'), {id: 'link'});
  } catch (error) {
    // Without https, or where the browser was told not to: then it is shown, to be copied by hand.
    if (!(error instanceof DOMException) && !(error instanceof TypeError)) throw error;
    viewer.notify(t('The link to this view:'), {id: 'link', level: 'warn', hint: url});
  }
}

/**
 * @param {{viewer: Viewer, registry: Registry}} parts
 * @returns {Action[]}
 */
export function seeingActions({viewer, registry}) {
  /** @type {{look: Look, panel: LookPanel} | null} */
  let opened = null;
  const openGoTo = async () => (await fetchGoTo()).openGoTo(viewer);
  const save = async () => (await fetchSnapshot()).saveSnapshot(viewer, (await open()).look.tone);
  const load = async () => {
    const [{Look}, {LookPanel}] = await Promise.all([fetchLook(), fetchLookPanel()]);
    const look = new Look(viewer);
    const panel = new LookPanel(look, [
      {label: t('Go to…'), run: () => void openGoTo()},
      {label: t('Copy link'), run: () => void copyLink(viewer)},
      {label: t('Save picture'), run: () => void save()},
    ]);
    viewer.addPanel(panel.sign, 'top-left');
    viewer.addPanel(panel.element, 'top-right');
    look.observe(() => registry.refresh());
    opened = {look, panel};
    return opened;
  };
  /** @type {ReturnType<typeof load> | null} */
  let opening = null;
  const open = () => (opening ??= load());
  /** @type {Action[]} */
  const actions = [
    {
      id: 'image.look',
      label: t('Brightness, contrast, stains'),
      group: 'image',
      keys: ['Alt+B'],
      icon: 'look',
      isPressed: () => opened?.panel.element.hidden === false,
      run: async () => {
        const {element} = (await open()).panel;
        element.hidden = !element.hidden;
        if (!element.hidden) element.querySelector('input')?.focus();
        registry.refresh();
      },
    },
    {
      id: 'image.look-reset',
      label: t('Show the picture as it is'),
      group: 'image',
      keys: ['Alt+0'],
      when: () => opened !== null && !opened.look.isPlain,
      run: () => opened?.look.reset(),
    },
    {
      id: 'image.grid',
      label: t('Show or hide the grid'),
      group: 'image',
      keys: ['Alt+K'],
      isPressed: () => opened !== null && opened.look.grid !== null,
      run: async () => {
        const {look} = await open();
        look.showGrid(look.grid === null);
      },
    },
    {id: 'image.go-to', label: t('Go to a place'), group: 'image', keys: ['Alt+G'], run: openGoTo},
    {id: 'image.link', label: t('Copy a link to this view'), group: 'image', keys: ['Alt+L'], run: () => copyLink(viewer)},
    {id: 'image.snapshot', label: t('Save the view as a picture'), group: 'image', keys: ['Alt+S'], run: save},
  ];
  if (viewer.tiles && viewer.manifest.kind === 'slide' && !viewer.channels) {
    actions.push({
      id: 'image.stain',
      label: t('One stain after the other'),
      group: 'image',
      keys: ['Alt+C'],
      run: async () => (await open()).look.nextStain(),
    });
  }
  return actions;
}

/** @param {Pick<Parts, 'viewer' | 'session' | 'workspace' | 'rules'> & {registry: Registry}} parts @returns {Action[]} */
export function layerActions({viewer, session, workspace, rules, registry}) {
  /** @type {LayersPanel | null} */
  let panel = null;
  const load = async () => {
    const {LayersPanel} = await fetchLayersPanel();
    panel = new LayersPanel({viewer, store: session.store, workspace, rules});
    return panel;
  };
  /** @type {ReturnType<typeof load> | null} */
  let opening = null;
  return [
    {
      id: 'marks.layers',
      label: t('Layers: what is shown, and how'),
      group: 'marks',
      keys: ['Alt+V'],
      icon: 'layers',
      isPressed: () => panel?.element.hidden === false,
      run: async () => {
        const opened = await (opening ??= load());
        opened.element.hidden = !opened.element.hidden;
        opened.draw();
        if (!opened.element.hidden) opened.element.querySelector('button')?.focus();
        registry.refresh();
      },
    },
  ];
}

/**
 * @param {{viewer: Viewer, registry: Registry, userId: string, bench?: Pick<Parts, 'session' | 'workspace' | 'rules' | 'toolbox' | 'fetchedCells'>}} parts
 *   bench: where there are marks to be looked at
 * @returns {Action[]}
 */
export function compareActions({viewer, registry, userId, bench}) {
  const onChange = () => registry.refresh();
  /** There is room for one second view. @type {{id: string, isOpen: boolean, close: () => void} | null} */
  let opened = null;
  let isOpening = false;
  const isOpen = (/** @type {string} */ id) => opened?.id === id && opened.isOpen;
  /** @param {string} id @param {() => Promise<{isOpen: boolean, close: () => void}>} open */
  const toggle = async (id, open) => {
    if (isOpening) return;
    const wasOpen = isOpen(id);
    if (opened?.isOpen) opened.close();
    isOpening = true;
    try {
      opened = wasOpen ? null : Object.assign(await open(), {id});
    } finally {
      isOpening = false;
    }
    registry.refresh();
  };
  const openCompare = async () => {
    const {Compare} = await fetchCompare();
    const compare = new Compare({viewer, reader: userId, onChange});
    await compare.choose();
    return compare;
  };
  const openReaders = async (/** @type {NonNullable<typeof bench>} */ {session, workspace, rules, toolbox, fetchedCells}) => {
    const [{TwoReaders}, cells] = await Promise.all([fetchTwoReaders(), fetchedCells()]);
    const {masks, marks, suggestions} = toolbox().parts;
    const own = () => [...(cells ? [cells.view] : []), masks, suggestions, marks];
    const readers = new TwoReaders({viewer, session, workspace, rules, cells, ownLayers: own, onChange});
    await readers.open();
    return readers;
  };
  /** @type {Action[]} */
  const actions = [
    {
      id: 'image.compare',
      label: t('A second view beside it'),
      group: 'image',
      keys: ['Alt+P'],
      icon: 'compare',
      isPressed: () => isOpen('compare'),
      run: () => toggle('compare', openCompare),
    },
  ];
  // Whoever reads sees nobody else's marks; who looks at another's read may.
  if (bench && String(bench.session.read.reader.id) !== userId) {
    actions.push({
      id: 'marks.two-readers',
      label: t('The marks of two readers side by side'),
      group: 'marks',
      keys: ['Alt+Y'],
      inFields: true,
      icon: 'readers',
      isPressed: () => isOpen('readers'),
      run: () => toggle('readers', () => openReaders(bench)),
    });
  }
  return actions;
}
