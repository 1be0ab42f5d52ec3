/** Pieces that several controls are made of. */

import {el} from '../../lib/dom.js';
import {icon} from './icons.js';

/** @import {IconName} from './icons.js' */

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
