/** The dialogs that the actions of a page open: keys, their change, and the palette. */

import {t} from '../lib/i18n.js';
import {later} from '../lib/later.js';

/** @import {Api} from '../lib/api.js' */
/** @import {Action, Registry} from './registry.js' */

const fetchHelp = later(() => import('./help.js'));
const fetchKeys = later(() => import('./key_dialog.js'));
const fetchPalette = later(() => import('./palette.js'));

/**
 * Makes a dialog when it is opened for the first time.
 * @template {{open: () => void}} T
 * @param {() => Promise<T>} make
 * @returns {() => Promise<void>}
 */
function opener(make) {
  /** @type {T | null} */
  let made = null;
  return async () => {
    made ??= await make();
    made.open();
  };
}

/**
 * The actions that open the dialogs.
 * @param {Registry} registry
 * @param {Api} api
 * @returns {{help: Action, keys: Action}}
 */
export function keyDialogs(registry, api) {
  const changeKeys = opener(async () => new (await fetchKeys()).KeyDialog(registry, api));
  const openHelp = opener(async () => new (await fetchHelp()).HelpSheet(registry, () => void changeKeys()));
  return {
    help: {id: 'read.help', label: t('Keys'), group: 'read', keys: ['?'], icon: 'help', run: openHelp},
    keys: {id: 'read.keys', label: t('Change keys'), group: 'read', run: changeKeys},
  };
}

/** @param {Registry} registry @param {string} reader whose last used actions come first @returns {Action} */
export function paletteAction(registry, reader) {
  const run = opener(async () => new (await fetchPalette()).Palette(registry, reader));
  return {id: 'read.palette', label: t('Find and do anything'), group: 'read', keys: ['Ctrl+K'], inFields: true, run};
}
