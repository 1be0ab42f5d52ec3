/** A mark that is not saved: two versions to choose from, or the server's reason and what can be done. */

import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {newBody} from '../commands/marks.js';
import {formatSize} from '../format.js';
import {newId} from '../ids.js';
import {bodyOf} from '../store.js';
import {firstShape} from '../tracks/keyframes.js';
import {trackText} from '../tracks/words.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Outbox} from '../outbox/outbox.js' */
/** @import {Store} from '../store.js' */
/** @import {Annotation, Body} from '../types.js' */

export class ProblemDialog {
  /**
   * @param {object} parts
   * @param {Store} parts.store
   * @param {Outbox} parts.outbox
   * @param {Viewer} parts.viewer
   * @param {MarkingRules} parts.rules
   * @param {(id: string) => void} parts.reload fetches what the server has of a mark
   * @param {(id: string) => void} parts.show selects the mark on the canvas
   */
  constructor({store, outbox, viewer, rules, reload, show}) {
    this.parts = {store, outbox, viewer, rules, reload, show};
    this.dialog = el('dialog', {class: 'problem-dialog', attrs: {'aria-labelledby': 'problem-title'}});
    document.body.append(this.dialog);
  }

  /** @param {string} id of a mark */
  open(id) {
    const entry = this.parts.outbox.entriesOf(id).find(({state}) => state !== 'pending');
    if (!entry) return;
    this.parts.show(id);
    if (entry.state === 'conflict') this.#openConflict(id, entry.theirs);
    else this.#openRefusal(id, entry.problem?.message ?? '', entry.problem?.hint ?? '');
  }

  /** @param {string} id @param {string} message @param {string} hint */
  #openRefusal(id, message, hint) {
    this.#show(
      t('This mark is not saved'),
      [
        el('p', {text: message}),
        hint && el('p', {class: 'muted', text: hint}),
        el('p', {class: 'muted', text: t('Change the mark and it is sent again, or discard it.')}),
      ],
      [
        ['button-danger', t('Discard the mark'), () => this.discard(id)],
        ['button-primary', t('Keep it and change it'), () => {}],
      ],
    );
  }

  /** @param {string} id gives up what is only in this browser */
  async discard(id) {
    const {outbox, store, reload} = this.parts;
    const isOnServer = store.revisionOf(id) > 0;
    await outbox.discard(id);
    if (isOnServer) reload(id);
    else store.forget(id);
  }

  /** @param {string} id @param {Annotation | null} theirs */
  #openConflict(id, theirs) {
    const {store, outbox} = this.parts;
    const mine = store.get(id)?.body ?? null;
    const theirBody = theirs && !theirs.deleted ? bodyOf(theirs) : null;
    const takeTheirs = async () => {
      await outbox.discard(id);
      if (theirs) store.absorb([theirs]);
      else store.forget(id);
    };
    const takeBoth = async () => {
      await takeTheirs();
      if (mine) store.commit('local', {name: t('Keep both versions'), marks: [{id: newId(), body: copyOf(mine)}]});
    };
    const keepBoth = mine?.geometry && theirBody ? [/** @type {Choice} */ (['', t('Keep both'), takeBoth])] : [];
    this.#show(
      t('This mark was changed elsewhere'),
      [
        el('p', {text: t('Another page of yours saved a newer version while this one was not connected. Nothing was overwritten.')}),
        el('div', {class: 'versions'}, this.#version(t('Here'), mine), this.#version(t('On the server'), theirBody)),
      ],
      [
        ['', t('Take the server’s version'), takeTheirs],
        ...keepBoth,
        [
          'button-primary',
          t('Keep this version'),
          async () => {
            await outbox.keepMine(id, mine, theirs?.revision ?? 0);
            store.setStatus(id, {kind: 'held'});
          },
        ],
      ],
    );
  }

  /** @param {string} title @param {Body | null} body @returns {HTMLElement} */
  #version(title, body) {
    const label = body && this.parts.rules.byCode.get(body.labels[0]);
    const lines = body
      ? [label ? pickText(label.display) : t('No label'), sizeOf(body.geometry, this.parts.viewer), body.text]
      : [t('Deleted')];
    return el('div', {class: 'version'}, el('h3', {text: title}), ...lines.filter(Boolean).map((text) => el('p', {text: String(text)})));
  }

  /** @typedef {[className: string, text: string, run: () => void | Promise<void>]} Choice */

  /**
   * @param {string} title
   * @param {(Node | string | null)[]} content
   * @param {Choice[]} choices
   */
  #show(title, content, choices) {
    const buttons = choices.map(([className, text, run]) =>
      el('button', {
        class: className,
        text,
        attrs: {type: 'button'},
        on: {
          click: () => {
            this.dialog.close();
            void run();
          },
        },
      }),
    );
    replaceChildren(
      this.dialog,
      el('h2', {text: title, attrs: {id: 'problem-title'}}),
      ...content.filter((part) => part !== ''),
      el('div', {class: 'dialog-actions'}, el('span', {class: 'spacer'}), ...buttons),
    );
    this.dialog.showModal();
    buttons.at(-1)?.focus();
  }
}

/** @param {Body} body @returns {Body} as a mark of its own; one suggestion makes one mark, so the copy counts as drawn */
function copyOf(body) {
  return {
    ...newBody({granularity: body.granularity, geometry: body.geometry, frame: body.frame, labels: body.labels}),
    text: body.text,
    form: body.form,
    certainty: body.certainty,
    basis: body.basis,
    ...(body.span && {span: body.span}),
    ...(body.cites && {cites: body.cites}),
  };
}

/** @param {Body['geometry']} geometry @param {Viewer} viewer @returns {string} */
function sizeOf(geometry, {manifest, frames}) {
  return trackText(geometry, frames?.count ?? 1) || formatSize(firstShape(geometry), manifest.spacing);
}
