/** A note on the one selected mark. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {setText} from '../commands/marks.js';

/** @import {Store} from '../store.js' */
/** @import {Workspace} from '../workspace.js' */

const MAX_CHARACTERS = 10_000;

export class NotePanel {
  /** @param {{store: Store, workspace: Workspace}} parts */
  constructor({store, workspace}) {
    this.store = store;
    this.workspace = workspace;
    /** @type {string | null} the mark that the text on screen belongs to */
    this.id = null;
    this.input = el('textarea', {
      attrs: {rows: 2, maxlength: MAX_CHARACTERS, id: 'mark-note', disabled: true},
      on: {change: () => this.#save()},
    });
    this.element = el(
      'div',
      {class: 'note-panel'},
      el('label', {class: 'visually-hidden', text: t('Note on the selected mark'), attrs: {for: 'mark-note'}}),
      this.input,
    );
    workspace.observe((changed) => {
      if (changed.has('selection') || changed.has('canWrite')) this.#show();
    });
    store.observe(() => this.#show());
    this.#show();
  }

  #save() {
    if (this.id) setText(this.store, this.id, this.input.value);
  }

  #show() {
    const {selection, canWrite} = this.workspace.state;
    const [id] = selection;
    const mark = selection.size === 1 ? this.store.get(id) : undefined;
    if (this.id !== (mark?.id ?? null)) {
      // A text that is still being typed belongs to the mark that was selected before.
      if (document.activeElement === this.input) this.input.blur();
      this.id = mark?.id ?? null;
    } else if (document.activeElement === this.input) return;
    // Shown as soon as there is a mark to write on, not only while one is selected: the list above would jump.
    const isOfUse = canWrite ? this.store.marks.size > 0 : Boolean(mark?.body.text);
    this.element.hidden = !isOfUse;
    this.input.disabled = !mark || !canWrite;
    this.input.placeholder = t('Note on the selected mark');
    const text = mark?.body.text ?? '';
    if (this.input.value !== text) this.input.value = text;
  }
}
