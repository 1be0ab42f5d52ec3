/** The labels that marks are drawn with: a button each, with its colour and its key. */

import {actionKeyHint} from '../../actions/buttons.js';
import {el} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {section} from './section.js';

/** @import {Registry} from '../../actions/registry.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Label} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */

/** @param {string} colour @returns {SVGSVGElement | HTMLElement} */
export function swatch(colour) {
  const dot = el('span', {class: 'swatch', attrs: {'aria-hidden': 'true'}});
  dot.style.setProperty('--swatch', colour);
  return dot;
}

/**
 * @param {{registry: Registry, rules: MarkingRules, workspace: Workspace, choose: (label: Label) => void}} parts
 * @returns {HTMLElement}
 */
export function labelsPanel({registry, rules, workspace, choose}) {
  const buttons = rules.drawnLabels.map((label) => {
    const button = el(
      'button',
      {class: 'label-button', attrs: {type: 'button', 'aria-pressed': 'false'}, on: {click: () => choose(label)}},
      swatch(label.colour),
      el('span', {class: 'label-name', text: pickText(label.display) || label.code}),
      actionKeyHint(registry, `label.${label.code}`),
    );
    return {label, button};
  });
  const refresh = () => {
    const {label: chosen, canWrite} = workspace.state;
    for (const {label, button} of buttons) {
      button.setAttribute('aria-pressed', String(label.code === chosen));
    }
    element.hidden = !canWrite;
  };
  const {element} = section(
    {id: 'labels-panel', title: t('Label for the next mark')},
    el('div', {class: 'label-list'}, ...buttons.map(({button}) => button)),
  );
  refresh();
  workspace.observe(refresh);
  return element;
}
