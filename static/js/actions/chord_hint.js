/** After the first key of two: which second keys there are, until one is pressed. */

import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {keyHint} from './buttons.js';
import {labelOf} from './registry.js';

/** @import {Registry} from './registry.js' */

/** @param {Registry} registry @returns {HTMLElement} hidden while no key waits for another */
export function chordHint(registry) {
  const element = el('div', {class: 'chord-hint', attrs: {role: 'status', hidden: ''}});
  const refresh = () => {
    const {begun} = registry;
    element.hidden = begun === null;
    if (begun === null) return;
    const rows = registry.following(begun).map(({action, key}) => el('li', {}, keyHint(key), el('span', {text: labelOf(action)})));
    replaceChildren(element, el('p', {}, keyHint(begun), el('span', {text: t('and then')})), el('ul', {}, ...rows));
  };
  registry.observe(refresh);
  return element;
}
