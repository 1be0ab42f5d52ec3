/** Submitting a read and going on to the next image. */

import {isTextField} from '../actions/keyboard.js';
import {ApiError} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t, tn} from '../lib/i18n.js';

/** @import {Session} from './session.js' */
/** @import {Workspace} from './workspace.js' */
/** @import {DiagnosisPanel} from './panels/diagnosis_panel.js' */
/** @import {Review} from './review.js' */
/** @import {SaveState} from './panels/save_state.js' */

/**
 * @typedef {object} Parts
 * @property {Session} session
 * @property {Workspace} workspace
 * @property {DiagnosisPanel | null} diagnosis
 * @property {Review} review
 * @property {SaveState} saving
 * @property {(text: string | null, isProblem?: boolean) => void} say
 * @property {(isBusy: boolean) => void} busy
 * @property {() => void} onSubmitted
 * @property {string} homeUrl
 */

/** A submission waits so long for what it does not need. */
const TELLING_MS = 2000;

export class Submission {
  /** @param {Parts} parts */
  constructor(parts) {
    this.parts = parts;
    this.isBusy = false;
    this.dialog = el('dialog', {class: 'submit-dialog', attrs: {'aria-labelledby': 'submit-title'}});
    document.body.append(this.dialog);
  }

  /** @returns {string | null} why the read cannot be submitted yet */
  obstacle() {
    const {workspace, diagnosis} = this.parts;
    if (workspace.state.isDrawing) return t('Finish the shape or give it up (Esc) first.');
    return diagnosis?.missing() ?? null;
  }

  /** Asks first: a read that is submitted cannot be changed. */
  ask() {
    const {session, review} = this.parts;
    if (this.#isObstructed()) return;
    const marks = [...session.store.marks.values()].filter(({body}) => body.geometry !== null).length;
    const open = review.open.length + review.diagnoses.length;
    this.#show(
      t('Submit this read?'),
      [
        tn('{count} mark.', '{count} marks.', marks),
        open > 0 ? tn('{count} suggestion is still undecided.', '{count} suggestions are still undecided.', open) : '',
        t('A submitted read cannot be changed any more.'),
      ],
      [
        ['', t('Go back'), () => {}],
        ['button-primary', t('Submit and next'), () => void this.submit()],
      ],
    );
  }

  #isObstructed() {
    const {workspace, diagnosis, say} = this.parts;
    if (this.isBusy || !workspace.state.canWrite) return true;
    // Fields hand their text on when they are left; what is still being typed belongs to the read as well.
    if (isTextField(document.activeElement)) /** @type {HTMLElement} */ (document.activeElement).blur();
    const obstacle = this.obstacle();
    if (obstacle === null) return false;
    say(obstacle, true);
    if (!workspace.state.isDrawing) diagnosis?.showMissing(obstacle);
    return true;
  }

  /** Submits, then goes on. */
  async submit() {
    if (this.#isObstructed()) return;
    this.#setBusy(true);
    try {
      if (await this.#send()) await this.next();
    } finally {
      this.#setBusy(false);
    }
  }

  /** @returns {Promise<boolean>} whether the read is submitted now */
  async #send() {
    const {session, saving, say, onSubmitted} = this.parts;
    const {sync, clock, api, path, exposures} = session;
    say(t('Saving…'));
    if (!(await sync.flush())) {
      say(t('Not submitted: some changes are not on the server yet.'), true);
      saving.open();
      return false;
    }
    await exposures.flush();
    const told = Promise.allSettled([...session.beforeSubmit].map((tell) => tell()));
    await Promise.race([told, new Promise((resolve) => setTimeout(resolve, TELLING_MS))]);
    try {
      await api.post(`${path}submit/`, {sequence: sync.sequence, active_seconds: Math.round(clock.seconds * 10) / 10});
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code !== 'already_submitted') {
        await this.#explain(error);
        return false;
      }
    }
    await session.forget();
    say(null);
    onSubmitted();
    return true;
  }

  /** @param {ApiError} error */
  async #explain(error) {
    const {session, say, diagnosis} = this.parts;
    say([error.message, error.hint].filter(Boolean).join(' '), true);
    if (error.status === 401) session.sync.signedOut();
    else if (error.code === 'unsaved_changes') await session.pull();
    else if (error.code === 'lease_lost') this.#showLeaseLost(error);
    else if (error.status === 422) diagnosis?.showMissing([error.message, error.hint].filter(Boolean).join(' '));
  }

  /** @param {ApiError} error */
  #showLeaseLost(error) {
    this.#show(
      t('Another reader has this image now'),
      [error.message, error.hint, t('Your marks are saved. The image was given to another reader because the time for it ran out.')],
      [
        ['', t('Stay here'), () => {}],
        ['button-primary', t('Next image'), () => void this.next()],
      ],
    );
  }

  /** Asks the queue for the next image and opens it. */
  async next() {
    const {session, say, homeUrl} = this.parts;
    try {
      const next = await session.api.post(`/api/campaigns/${session.read.campaign.id}/next/`, {});
      if (next) {
        location.assign(next.url);
        return;
      }
      this.#show(
        t('Nothing left to read'),
        [t('You have read every image of this campaign that was waiting for you. Thank you.')],
        [
          ['', t('Stay here'), () => {}],
          ['button-primary', t('Home'), () => location.assign(homeUrl)],
        ],
      );
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      say([error.message, error.hint].filter(Boolean).join(' '), true);
    }
  }

  /** @param {boolean} isBusy */
  #setBusy(isBusy) {
    this.isBusy = isBusy;
    this.parts.busy(isBusy);
  }

  /**
   * @param {string} title
   * @param {string[]} lines
   * @param {[className: string, text: string, run: () => void][]} choices the last one has the focus
   */
  #show(title, lines, choices) {
    const buttons = choices.map(([className, text, run]) =>
      el('button', {
        class: className,
        text,
        attrs: {type: 'button'},
        on: {
          click: () => {
            this.dialog.close();
            run();
          },
        },
      }),
    );
    replaceChildren(
      this.dialog,
      el('h2', {text: title, attrs: {id: 'submit-title'}}),
      ...lines.filter(Boolean).map((text) => el('p', {text})),
      el('div', {class: 'dialog-actions'}, el('span', {class: 'spacer'}), ...buttons),
    );
    this.dialog.showModal();
    buttons.at(-1)?.focus();
  }
}
