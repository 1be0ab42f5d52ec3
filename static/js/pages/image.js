/** One image to look at, without a read. */

import {ApiError, api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {Viewer} from '../viewer/viewer.js';
import {HelpSheet} from '../actions/help.js';
import {listenToKeys} from '../actions/keyboard.js';
import {Registry} from '../actions/registry.js';
import {StatusBar} from '../annotation/panels/status_bar.js';
import {imageActions} from '../annotation/image_actions.js';

/** @param {string} id @returns {HTMLElement} */
function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no #${id}`);
  return found;
}

/** @param {{image_id: string}} data */
async function start({image_id: imageId}) {
  const loading = byId('loading');
  try {
    const viewer = await Viewer.open({target: byId('viewer'), imageId, api, fullscreenElement: document.body});
    const registry = new Registry();
    const help = new HelpSheet(registry);
    registry.add(...imageActions({viewer}), {id: 'read.help', label: t('Keys'), group: 'read', keys: ['?'], run: () => help.open()});
    listenToKeys(registry);
    new StatusBar({element: byId('status-bar'), viewer}).say(t('View only. Press ? for the keys.'));
    loading.hidden = true;
    document.body.classList.add('is-ready');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    replaceChildren(
      loading,
      el('p', {text: error.message, attrs: {role: 'alert'}}),
      error.hint ? el('p', {class: 'muted', text: error.hint}) : null,
      el('button', {text: t('Try again'), attrs: {type: 'button'}, on: {click: () => location.reload()}}),
    );
  }
}

void start(JSON.parse(byId('page-data').textContent ?? '{}'));
