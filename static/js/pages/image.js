/** One image to look at, without a read. */

import {api} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {byId, dataOf, startPage} from '../lib/page.js';
import {Viewer} from '../viewer/viewer.js';
import {keyDialogs} from '../actions/dialogs.js';
import {listenToKeys} from '../actions/keyboard.js';
import {Registry} from '../actions/registry.js';
import {StatusBar} from '../annotation/panels/status_bar.js';
import {imageActions} from '../annotation/image_actions.js';
import {addViewButtons, compareActions, followLinks, linkedView, seeingActions} from '../annotation/seeing_actions.js';
import {togetherActions} from '../annotation/together/actions.js';
import {walkActions} from '../annotation/walk/actions.js';

/** @param {{image_id: string, user_id: number}} data */
async function open({image_id: imageId, user_id: userId}) {
  const at = linkedView();
  const viewer = await Viewer.open({target: byId('viewer'), imageId, api, at, reader: String(userId), fullscreenElement: document.body});
  followLinks(viewer);
  const registry = new Registry(dataOf('key-bindings'));
  const {help, keys} = keyDialogs(registry, api);
  registry.add(
    ...imageActions({viewer}),
    ...seeingActions({viewer, registry}),
    ...compareActions({viewer, registry, userId: String(userId)}),
    ...togetherActions({viewer, registry}),
    ...walkActions({viewer, registry, userId: String(userId)}),
    help,
    keys,
  );
  listenToKeys(registry);
  addViewButtons(viewer, registry);
  new StatusBar({element: byId('status-bar'), viewer}).say(t('View only. Press ? for the keys.'));
}

void startPage(open);
