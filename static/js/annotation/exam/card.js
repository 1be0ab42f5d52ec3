/** One finding of the whole examination: what it is, and what shows it. */

import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {certainties} from '../words.js';
import {hashOf, nameOf, sayCitation, withCitation, without, withoutImage} from './cites.js';

/** @import {Citation, Mark} from '../types.js' */
/** @import {ExamImage} from './cites.js' */
/** @import {ExamParts} from './view.js' */

export class FindingCard {
  /** @param {ExamParts} parts @param {string} id of the mark */
  constructor(parts, id) {
    this.parts = parts;
    this.id = id;
    this.title = el('strong', {class: 'exam-title'});
    this.remove = button('×', () => this.#commit(null));
    this.certainty = el(
      'select',
      {attrs: {'aria-label': t('Certainty')}},
      ...[{value: '', label: t('Certainty…')}, ...certainties()].map(({value, label}) => el('option', {text: label, attrs: {value}})),
    );
    this.certainty.addEventListener('change', () => this.#commit({certainty: /** @type {any} */ (this.certainty.value || null)}));
    this.remark = el('input', {attrs: {type: 'text', maxlength: 10_000, placeholder: t('Remark'), 'aria-label': t('Remark')}});
    this.remark.addEventListener('change', () => this.#commit({text: this.remark.value.trim()}));
    this.cites = el('ul', {class: 'exam-cites', attrs: {'aria-label': t('Shown by')}});
    this.here = button(t('Cite this view'), () => this.#cite(parts.here()));
    this.images = el('ul', {class: 'exam-images'});
    const summary = el('summary', {text: t('Images of the examination')});
    this.picker = el('details', {class: 'exam-picker'}, summary, this.images);
    this.picker.addEventListener('toggle', () => this.draw());
    this.problem = el('p', {class: 'panel-problem', attrs: {role: 'alert'}});
    this.making = el('div', {class: 'exam-making'}, this.certainty, this.remark, this.here, this.picker);
    this.element = el('li', {class: 'exam-finding'}, el('div', {class: 'exam-head'}, this.title, this.remove), this.cites, this.making, this.problem);
  }

  /** @returns {Mark | undefined} */
  get mark() {
    return this.parts.store.get(this.id) ?? undefined;
  }

  /** Shows where the images are, for a finding that was stated just now. */
  open() {
    this.picker.open = true;
    this.draw();
  }

  draw() {
    const {mark, parts} = this;
    if (!mark) return;
    const {canWrite} = parts.workspace.state;
    const {body} = mark;
    const name = nameOf(body.labels, parts.rules);
    this.title.textContent = name;
    this.remove.hidden = !canWrite;
    this.remove.setAttribute('aria-label', t('Remove {words}', {words: name}));
    this.certainty.value = body.certainty ?? '';
    if (document.activeElement !== this.remark) this.remark.value = body.text;
    for (const field of [this.certainty, this.remark]) field.disabled = !canWrite;
    this.certainty.hidden = !canWrite && !body.certainty;
    this.remark.hidden = !canWrite && !body.text;
    this.here.hidden = !canWrite;
    this.picker.hidden = !canWrite;
    replaceChildren(this.cites, ...this.#cited().map((cited) => this.#chip(cited, canWrite && this.#cited().length > 1)));
    if (this.picker.open && !this.images.contains(document.activeElement)) this.#drawPicker();
    const refused = mark.status.kind === 'refused' || mark.status.kind === 'conflict';
    this.problem.hidden = !refused;
    this.problem.textContent = refused ? (mark.status.problem?.message ?? t('Not saved.')) : '';
  }

  /** @returns {Citation[]} */
  #cited() {
    return this.mark?.body.cites ?? [];
  }

  /** @param {Citation} cited @param {boolean} isRemovable */
  #chip(cited, isRemovable) {
    const {parts} = this;
    const image = parts.images.get(cited.image_id);
    const words = sayCitation(cited, {image, mark: parts.markOf(cited), rules: parts.rules});
    const isHere = cited.image_id === parts.imageId;
    const url = isHere ? null : image?.read_url;
    const link = isHere
      ? button(words, () => parts.show(cited), 'exam-link')
      : el(url ? 'a' : 'span', {class: 'exam-link', text: words, attrs: {href: url ? url + hashOf(cited) : null}});
    const gone = isRemovable && button('×', () => this.#commit({cites: without(this.#cited(), cited)}), 'button-small');
    if (gone) gone.setAttribute('aria-label', t('Cite {words} no longer', {words}));
    return el('li', {class: isHere ? 'is-here' : ''}, link, gone);
  }

  #drawPicker() {
    const {images} = this.parts;
    replaceChildren(this.images, ...[...images.values()].map((image) => this.#pick(image)));
  }

  /** @param {ExamImage} image */
  #pick(image) {
    const {parts} = this;
    const cites = this.#cited().filter((one) => one.image_id === image.id);
    const box = el('input', {attrs: {type: 'checkbox'}});
    box.checked = cites.length > 0;
    box.addEventListener('change', () => {
      if (box.checked) this.#cite(image.id === parts.imageId ? parts.here() : {image_id: image.id, frame: null, annotation_id: null});
      else this.#commit({cites: withoutImage(this.#cited(), image.id)});
      box.checked = this.#cited().some((one) => one.image_id === image.id);
    });
    const picture = el('img', {attrs: {src: image.thumbnail_url, alt: '', loading: 'lazy', width: 44, height: 36}});
    const isHere = image.id === parts.imageId;
    const name = el('span', {class: 'exam-image-name', text: image.name}, isHere && el('em', {text: t('this image')}));
    return el('li', {}, el('label', {}, box, picture, name), !isHere && this.#places(image));
  }

  /** What may be cited of another image more closely: a frame by its number, or one of the reader's marks. @param {ExamImage} image */
  #places(image) {
    const {rules} = this.parts;
    const marks = image.marks.map(({id, frame, labels}) => {
      const place = frame === null ? '' : ` · ${t('frame {number}', {number: frame + 1})}`;
      return el('option', {text: `${nameOf(labels, rules)}${place}`, attrs: {value: id}});
    });
    const choice = el('select', {attrs: {'aria-label': t('Mark on {name}', {name: image.name})}}, el('option', {text: t('Cite a mark…'), attrs: {value: ''}}), ...marks);
    choice.addEventListener('change', () => {
      const mark = image.marks.find(({id}) => id === choice.value);
      if (mark) this.#cite({image_id: image.id, frame: mark.frame, annotation_id: mark.id});
      choice.value = '';
      this.#drawPicker();
    });
    const frame = el('input', {
      attrs: {type: 'number', min: 1, max: image.frame_count, placeholder: t('Frame'), 'aria-label': t('Frame of {name}', {name: image.name})},
    });
    frame.addEventListener('change', () => {
      const number = frame.valueAsNumber;
      if (!Number.isInteger(number) || number < 1 || number > image.frame_count) return frame.setAttribute('aria-invalid', 'true');
      this.#cite({image_id: image.id, frame: number - 1, annotation_id: null});
      this.#drawPicker();
    });
    return el('div', {class: 'exam-places'}, image.frame_count > 1 && frame, marks.length > 0 && choice);
  }

  /** @param {Citation} cited */
  #cite(cited) {
    this.#commit({cites: withCitation(this.#cited(), cited)});
  }

  /** @param {Partial<import('../types.js').Body> | null} change null deletes */
  #commit(change) {
    const {mark, parts} = this;
    if (!mark || (change?.cites && change.cites === mark.body.cites)) return;
    const body = change && {...mark.body, ...change};
    const name = change ? t('Change a finding of the examination') : t('Remove a finding of the examination');
    parts.store.commit('local', {name, marks: [{id: this.id, body}]});
  }
}

/** @param {string} text @param {() => void} click @param {string} [className] */
function button(text, click, className = 'button-small') {
  return el('button', {class: className, text, attrs: {type: 'button'}, on: {click}});
}
