/** One label set, form or label map: its draft edited, compared, published; its versions. */

import {byId} from '../lib/page.js';
import {pageData} from '../societies/page.js';
import {Draft} from '../societies/vocabulary/draft.js';
import {drawMerged, drawPublishing, drawState, drawVersions} from '../societies/vocabulary/side.js';

const data = pageData();

/** @param {Draft} draft @returns {Promise<{draw: () => void, showProblems: () => void}>} */
async function editorOf(draft) {
  const place = byId('editor');
  if (data.kind === 'forms') {
    const {FormEditor} = await import('../societies/vocabulary/form_editor.js');
    return new FormEditor(place, byId('preview'), draft);
  }
  if (data.kind === 'label-maps') {
    const {MapEditor} = await import('../societies/vocabulary/map_editor.js');
    return new MapEditor(place, draft, data.sets);
  }
  const {LabelEditor} = await import('../societies/vocabulary/label_editor.js');
  return new LabelEditor(place, draft, data.words);
}

/**
 * Draws anew without taking the field from under somebody's hands.
 * @param {HTMLElement} place @param {() => void} draw
 */
function keepFocus(place, draw) {
  const controls = () => /** @type {HTMLElement[]} */ ([...place.querySelectorAll('input, select, textarea')]);
  const active = document.activeElement;
  const at = controls().findIndex((control) => control === active);
  const caret = active instanceof HTMLInputElement && active.type === 'text' ? active.selectionStart : null;
  draw();
  const again = controls()[at];
  again?.focus();
  if (caret !== null && again instanceof HTMLInputElement && again.type === 'text') again.setSelectionRange(caret, caret);
}

async function start() {
  drawVersions(byId('versions'), data);
  if (!data.draft) return;
  /** @type {{draw: () => void, showProblems: () => void} | null} */
  let editor = null;
  const draft = new Draft(`${data.url}draft/`, data.draft, {
    onState: () => drawState(byId('state'), draft),
    onServer: () => {
      editor?.showProblems();
      drawPublishing(byId('publishing'), draft, data);
    },
    onMerged: (by) => {
      drawMerged(draft, by);
      keepFocus(byId('editor'), () => editor?.draw());
    },
  });
  editor = await editorOf(draft);
  drawState(byId('state'), draft);
  drawPublishing(byId('publishing'), draft, data);
  window.addEventListener('beforeunload', (event) => {
    if (draft.isUnsaved) event.preventDefault();
  });
  document.addEventListener('visibilitychange', () => {
    if (document.hidden && draft.isUnsaved) void draft.flush();
  });
  document.body.classList.add('is-ready');
}

void start();
