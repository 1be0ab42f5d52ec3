/** The editor of a form: field by field or as JSON Schema, and beside it the form as readers will see it. */

import {Registry} from '../../actions/registry.js';
import {fieldsOf} from '../../annotation/form/model.js';
import {FormView} from '../../annotation/form/view.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {pickText, t} from '../../lib/i18n.js';
import {box, button, choice, escaped, field, showProblems, textInput} from './fields.js';
import {addField, freeName, kindOf, moveField, optionsOf, orderOf, propertyOf, removeField, renameField, requireField, withOptions} from './form_model.js';
import {lineOf, readJson} from './json_text.js';

/** @import {Draft} from './draft.js' */
/** @import {Kind} from './form_model.js' */

export class FormEditor {
  /** @param {HTMLElement} place @param {HTMLElement} preview @param {Draft} draft */
  constructor(place, preview, draft) {
    this.place = place;
    this.preview = preview;
    this.draft = draft;
    /** @type {string | null} */
    this.chosen = orderOf(draft.content)[0] ?? null;
    this.filled = {};
    this.names = el('div', {data: {pointer: '/ui/title'}});
    this.fields = el('div', {class: 'form-fields', data: {pointer: '/schema'}});
    this.raw = el('div', {class: 'raw-form'});
    const raw = el('details', {class: 'raw-details'}, el('summary', {text: t('As JSON Schema and words')}), this.raw);
    replaceChildren(place, this.names, this.fields, raw);
    this.draw();
  }

  /** Draws everything anew. */
  draw() {
    const title = this.draft.content.ui.title ?? {};
    const input = (/** @type {'ja' | 'en'} */ language) =>
      textInput(title[language] ?? '', (value) => this.draft.edit((content) => ({...content, ui: {...content.ui, title: {...content.ui.title, [language]: value}}})), {maxlength: 200, lang: language});
    replaceChildren(this.names, el('div', {class: 'field-pair'}, field(t('Name in Japanese'), input('ja')), field(t('Name in English'), input('en'))), el('p', {class: 'field-error field-after', attrs: {hidden: true}}));
    this.#drawFields();
    this.#drawRaw();
  }

  /** Says what is wrong at its field, and at its line. */
  showProblems() {
    showProblems(this.place, this.draft.server.problems);
    this.#sayLines();
  }

  /** @param {(content: any) => any} change @param {{anew?: boolean}} [options] anew: fields came, went or moved */
  #edit(change, {anew = false} = {}) {
    this.draft.edit(change);
    if (anew) this.#drawFields();
    else this.#drawPreview();
    this.#drawRaw();
  }

  #drawFields() {
    const order = orderOf(this.draft.content);
    const cards = order.map((name, index) => this.#card(name, index, order.length));
    const plus = button(t('Add a field'), () => {
      const name = freeName(this.draft.content);
      this.chosen = name;
      this.#edit((content) => addField(content, name), {anew: true});
      /** @type {HTMLElement | null} */ (this.fields.querySelector(`[data-name="${CSS.escape(name)}"] input`))?.focus();
    });
    const error = el('p', {class: 'field-error', attrs: {hidden: true}});
    replaceChildren(this.fields, order.length ? null : el('p', {class: 'muted', text: t('There is no field yet.')}), ...cards, error, el('p', {}, plus));
    this.#drawPreview();
    this.showProblems();
  }

  /** @param {string} name @param {number} index @param {number} count */
  #card(name, index, count) {
    const {schema, ui} = this.draft.content;
    const words = ui.fields?.[name] ?? {};
    const isOpen = name === this.chosen;
    const small = 'button-small button-quiet';
    const title = pickText(words) || name;
    const shift = (/** @type {-1 | 1} */ step) => {
      this.#edit((content) => moveField(content, name, step), {anew: true});
      /** @type {HTMLElement | null} */ (this.fields.querySelector(`[data-name="${CSS.escape(name)}"] .card-title`))?.focus();
    };
    const head = el(
      'div',
      {class: 'form-card-head'},
      el('button', {class: 'card-title button-quiet', attrs: {type: 'button', 'aria-expanded': String(isOpen)}, on: {click: () => this.#open(isOpen ? null : name)}}, title, (schema.required ?? []).includes(name) ? ' *' : '', el('span', {class: 'muted small', text: ` ${kindName(kindOf(schema.properties[name]))}`})),
      button('↑', () => shift(-1), {class: small, label: t('Move {name} up', {name: title}), disabled: index === 0}),
      button('↓', () => shift(1), {class: small, label: t('Move {name} down', {name: title}), disabled: index === count - 1}),
      button('×', () => this.#edit((content) => removeField(content, name), {anew: true}), {class: small, label: t('Remove {name}', {name: title})}),
    );
    const body = isOpen ? this.#body(name) : null;
    return el('div', {class: 'form-card', data: {name, pointer: isOpen ? '' : `/ui/fields/${escaped(name)}`}}, head, isOpen ? null : el('p', {class: 'field-error', attrs: {hidden: true}}), body);
  }

  /** @param {string | null} name */
  #open(name) {
    this.chosen = name;
    this.#drawFields();
    /** @type {HTMLElement | null} */ (this.fields.querySelector(name ? `[data-name="${CSS.escape(name)}"] .card-title` : '.card-title'))?.focus();
  }

  /** @param {string} name */
  #body(name) {
    const {schema, ui} = this.draft.content;
    const property = schema.properties[name];
    const words = ui.fields?.[name] ?? {};
    const kind = kindOf(property);
    const say = (/** @type {Record<string, any>} */ values) => this.#words(name, values);
    const text = (/** @type {'ja' | 'en'} */ language) => textInput(words[language] ?? '', (value) => say({[language]: value}), {maxlength: 200, lang: language});
    const id = el('input', {attrs: {type: 'text', value: name, maxlength: 64, spellcheck: 'false', autocomplete: 'off'}});
    id.addEventListener('change', () => {
      const renamed = renameField(this.draft.content, name, id.value.trim());
      if (renamed === this.draft.content) id.value = name;
      else {
        this.chosen = id.value.trim();
        this.#edit(() => renamed, {anew: true});
      }
    });
    const kinds = /** @type {Kind[]} */ (['text', 'long', 'number', 'integer', 'choice', 'choices', 'yesno']).map((code) => ({code, name: kindName(code)}));
    const kindChoice = choice(kind === 'other' ? [{code: 'other', name: kindName('other')}, ...kinds] : kinds, kind, (value) => this.#edit((content) => withProperty(content, name, propertyOf(/** @type {Kind} */ (value), property)), {anew: true}));
    return el(
      'div',
      {class: 'form-card-body'},
      el('div', {data: {pointer: `/ui/fields/${escaped(name)}`}}, el('div', {class: 'field-pair'}, field(t('Title in Japanese'), text('ja')), field(t('Title in English'), text('en'))), el('p', {class: 'field-error field-after', attrs: {hidden: true}})),
      el('div', {class: 'field-pair'}, field(t('Kind'), kindChoice, {pointer: `/schema/properties/${escaped(name)}`}), field(t('Name in the data'), id)),
      box(t('must be filled in before submitting'), (schema.required ?? []).includes(name), (isRequired) => this.#edit((content) => requireField(content, name, isRequired), {anew: false})),
      kind === 'number' || kind === 'integer' ? this.#range(name, property, words) : null,
      kind === 'choice' || kind === 'choices' ? this.#options(name, property, words) : null,
    );
  }

  /** @param {string} name @param {Record<string, any>} values */
  #words(name, values) {
    this.#edit((content) => ({...content, ui: {...content.ui, fields: {...content.ui.fields, [name]: {...content.ui.fields?.[name], ...values}}}}));
  }

  /** @param {string} name @param {any} property @param {any} words */
  #range(name, property, words) {
    const bound = (/** @type {'minimum' | 'maximum'} */ key) =>
      textInput(String(property[key] ?? ''), (value) => {
        const number = value.trim() === '' ? undefined : Number(value);
        if (number !== undefined && !Number.isFinite(number)) return;
        this.#edit((content) => {
          const {[key]: _before, ...rest} = content.schema.properties[name];
          return withProperty(content, name, number === undefined ? rest : {...rest, [key]: number});
        });
      }, {inputmode: 'decimal'});
    const unit = textInput(words.unit ?? '', (value) => this.#words(name, {unit: value}), {maxlength: 20});
    return el('div', {class: 'field-triple'}, field(t('Smallest'), bound('minimum')), field(t('Largest'), bound('maximum')), field(t('Unit'), unit));
  }

  /** @param {string} name @param {any} property @param {any} words */
  #options(name, property, words) {
    const values = optionsOf(property);
    const set = (/** @type {string[]} */ options) => this.#edit((content) => withProperty(content, name, withOptions(content.schema.properties[name], options)), {anew: true});
    const rows = values.map((value, index) => {
      const shown = words.options?.[value] ?? {};
      const say = (/** @type {string} */ language) =>
        textInput(shown[language] ?? '', (text) => {
          const options = this.draft.content.ui.fields?.[name]?.options ?? {};
          this.#words(name, {options: {...options, [value]: {...options[value], [language]: text}}});
        }, {maxlength: 200, lang: language, 'aria-label': language === 'ja' ? t('{value} in Japanese', {value}) : t('{value} in English', {value})});
      const shift = (/** @type {number} */ step) => () => {
        const moved = [...values];
        moved.splice(index + step, 0, ...moved.splice(index, 1));
        set(moved);
      };
      const small = 'button-small button-quiet';
      return el(
        'tr',
        {data: {pointer: `/ui/fields/${escaped(name)}/options/${escaped(value)}`}},
        el('th', {attrs: {scope: 'row'}}, el('code', {text: value})),
        el('td', {}, say('ja')),
        el('td', {}, say('en')),
        el('td', {class: 'actions nowrap'}, button('↑', shift(-1), {class: small, label: t('Move {name} up', {name: value}), disabled: index === 0}), button('↓', shift(1), {class: small, label: t('Move {name} down', {name: value}), disabled: index === values.length - 1}), button('×', () => set(values.filter((one) => one !== value)), {class: small, label: t('Remove {name}', {name: value})})),
      );
    });
    const heads = [t('Value'), t('Japanese'), t('English'), ''].map((text) => el('th', {text, attrs: {scope: 'col'}}));
    const fresh = textInput('', () => {}, {maxlength: 64, spellcheck: 'false'});
    const plus = el('form', {class: 'add-option'}, field(t('New option (value in the data)'), fresh), el('button', {class: 'button-small', text: t('Add'), attrs: {type: 'submit'}}));
    plus.addEventListener('submit', (event) => {
      event.preventDefault();
      const value = fresh.value.trim();
      if (!value || values.includes(value)) return;
      set([...values, value]);
      const inputs = this.fields.querySelectorAll('.add-option input');
      /** @type {HTMLElement | undefined} */ (inputs[inputs.length - 1])?.focus();
    });
    return el('div', {class: 'options'}, values.length ? el('div', {class: 'table-wrap'}, el('table', {}, el('thead', {}, el('tr', {}, ...heads)), el('tbody', {}, ...rows))) : null, plus);
  }

  #drawPreview() {
    const {schema, ui} = this.draft.content;
    try {
      const view = new FormView({
        fields: fieldsOf(schema, ui),
        registry: new Registry(),
        onChange: (data) => {
          this.filled = data;
          view.show(data, true);
        },
      });
      view.show(this.filled, true);
      replaceChildren(this.preview, view.element);
    } catch {
      // A schema in the making can be anything; what is wrong with it is said where it stands.
      replaceChildren(this.preview, el('p', {class: 'muted', text: t('This form cannot be shown yet.')}));
    }
  }

  #drawRaw() {
    if (this.raw.contains(document.activeElement)) return;
    this.areas = /** @type {const} */ (['schema', 'ui']).map((part) => {
      const area = el('textarea', {class: 'raw-json', attrs: {rows: 16, spellcheck: 'false'}});
      area.value = JSON.stringify(this.draft.content[part], null, 2);
      const error = el('p', {class: 'field-error raw-error', attrs: {hidden: true, 'aria-live': 'polite'}});
      area.addEventListener('input', () => {
        const read = readJson(area.value);
        const isObject = 'value' in read && typeof read.value === 'object' && read.value !== null && !Array.isArray(read.value);
        if (isObject) {
          error.hidden = true;
          this.draft.edit((content) => ({...content, [part]: /** @type {any} */ (read).value}));
          this.#drawFields();
        } else {
          error.hidden = false;
          error.textContent = 'line' in read ? t('Line {line}: {reason}', {line: read.line, reason: read.reason}) : t('This must be an object.');
        }
      });
      return {part, area, error, element: el('div', {}, field(part === 'schema' ? t('JSON Schema (2020-12)') : t('Words and order'), area), error)};
    });
    replaceChildren(this.raw, ...this.areas.map(({element}) => element));
    this.#sayLines();
  }

  #sayLines() {
    for (const {part, area, error} of this.areas ?? []) {
      if (!('value' in readJson(area.value))) continue;
      const own = this.draft.server.problems.filter((problem) => problem.pointer.startsWith(`/${part}`));
      const texts = own.map((problem) => t('Line {line}: {reason}', {line: lineOf(area.value, problem.pointer.slice(part.length + 1)), reason: problem.message}));
      error.textContent = texts.join(' ');
      error.hidden = texts.length === 0;
    }
  }
}

/** @param {any} content @param {string} name @param {any} property */
function withProperty(content, name, property) {
  return {...content, schema: {...content.schema, properties: {...content.schema.properties, [name]: property}}};
}

/** @param {Kind} kind @returns {string} */
function kindName(kind) {
  const names = {
    text: t('text'),
    long: t('long text'),
    number: t('number'),
    integer: t('whole number'),
    choice: t('one of several'),
    choices: t('several of several'),
    yesno: t('yes or no'),
    other: t('written as schema'),
  };
  return names[kind];
}
