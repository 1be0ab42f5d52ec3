/** Pieces that several controls are made of. */

import {el} from '../../lib/dom.js';
import {icon} from './icons.js';

/** @import {IconName} from './icons.js' */
/** @import {Viewer} from '../viewer.js' */

/** While the view moves, a control that shows it changes this often, ms: what changes has to be laid out and painted with each frame. */
const FOLLOWS_MS = 120;

/**
 * @param {IconName} name
 * @param {string} label for screen readers and the tooltip
 * @param {() => void} onClick
 * @returns {HTMLButtonElement}
 */
export function iconButton(name, label, onClick) {
  return el(
    'button',
    {class: 'viewer-button', attrs: {type: 'button', 'aria-label': label, title: label}, on: {click: onClick}},
    icon(name),
  );
}

/**
 * @param {string} text
 * @param {string} label
 * @param {() => void} onClick
 * @returns {HTMLButtonElement}
 */
export function textButton(text, label, onClick) {
  return el('button', {class: 'viewer-button', text, attrs: {type: 'button', 'aria-label': label, title: label}, on: {click: onClick}});
}

/**
 * @param {string} label names the group
 * @param {string} className
 * @param {...(Node | null)} children
 * @returns {HTMLDivElement}
 */
export function group(label, className, ...children) {
  return el('div', {class: `viewer-group ${className}`, attrs: {role: 'group', 'aria-label': label}}, ...children);
}

/**
 * Keeps what a control shows of the view true: now, as soon as it begins to move, some times a second, and when it rests.
 * @param {Viewer} viewer
 * @param {() => void} update
 */
export function followView(viewer, update) {
  let isStale = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const now = () => {
    isStale = false;
    update();
    timer = setTimeout(() => {
      timer = undefined;
      if (isStale) now();
    }, FOLLOWS_MS);
  };
  viewer.onChange(({kind}) => {
    if (kind !== 'view') return;
    if (timer === undefined) now();
    else isStale = true;
  });
  update();
}
