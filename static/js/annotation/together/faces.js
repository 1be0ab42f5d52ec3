/** What stands for a person: initials and a colour that is the same on every screen. */

import {el} from '../../lib/dom.js';

/** As many as the style sheet has. */
const COLOURS = 8;

/** @param {string} name @returns {string} two letters at most; of a name in Japanese letters the first one */
export function initials(name) {
  const words = name.normalize('NFKC').trim().split(/[\s._-]+/u).filter(Boolean);
  const first = words.map((word) => [...word][0] ?? '');
  const isLatin = /^\p{Script=Latin}/u.test(name.trim());
  return (isLatin ? [first[0], words.length > 1 ? first.at(-1) : ''] : [first[0]]).join('').toUpperCase() || '?';
}

/** @param {number} person @returns {string} */
export const colourClass = (person) => `is-person-${person % COLOURS}`;

/** @param {{id: number, name: string}} person @returns {HTMLElement} */
export function face({id, name}) {
  return el('span', {class: `together-face ${colourClass(id)}`, text: initials(name), attrs: {'aria-hidden': 'true'}});
}
