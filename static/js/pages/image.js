/** One image to look at, without a read. */

import {api} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {byId, startPage} from '../lib/page.js';
import {Viewer} from '../viewer/viewer.js';
import {HelpSheet} from '../actions/help.js';
import {listenToKeys} from '../actions/keyboard.js';
import {Registry} from '../actions/registry.js';
import {StatusBar} from '../annotation/panels/status_bar.js';
import {imageActions} from '../annotation/image_actions.js';

/** @param {{image_id: string, user_id: number}} data */
async function open({image_id: imageId, user_id: userId}) {
  const viewer = await Viewer.open({target: byId('viewer'), imageId, api, reader: String(userId), fullscreenElement: document.body});
  const registry = new Registry();
  const help = new HelpSheet(registry);
  registry.add(...imageActions({viewer}), {id: 'read.help', label: t('Keys'), group: 'read', keys: ['?'], run: () => help.open()});
  listenToKeys(registry);
  new StatusBar({element: byId('status-bar'), viewer}).say(t('View only. Press ? for the keys.'));
}

void startPage(open);
