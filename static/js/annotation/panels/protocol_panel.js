/** The campaign's protocol: what readers are asked to do. Plain text, with lists. */

import {el} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {section} from './section.js';

/** @import {ReadBundle} from '../types.js' */

/**
 * Turns plain text into paragraphs, lists and headings: a line that starts with `- ` is an item, a lone line before a list
 * is its heading.
 * @param {string} text
 * @returns {HTMLElement[]}
 */
export function paragraphs(text) {
  return text
    .trim()
    .split(/\n\s*\n/)
    .flatMap((block) => {
      const lines = block.split('\n').map((line) => line.trim());
      const items = lines.filter((line) => line.startsWith('- ')).map((line) => el('li', {text: line.slice(2)}));
      const prose = lines
        .filter((line) => !line.startsWith('- '))
        .join(' ')
        .replace(/^#+\s*/, '');
      const head = prose ? [el(items.length > 0 ? 'h3' : 'p', {text: prose})] : [];
      return items.length > 0 ? [...head, el('ul', {}, ...items)] : head;
    });
}

/** @param {ReadBundle['campaign']} campaign @returns {HTMLElement | null} */
export function protocolPanel({protocol}) {
  const text = pickText(protocol);
  if (!text) return null;
  const part = section({id: 'protocol-panel', title: t('Protocol'), isOpen: false}, el('div', {class: 'protocol'}, ...paragraphs(text)));
  part.note(t('version {version}', {version: protocol.version}));
  return part.element;
}
