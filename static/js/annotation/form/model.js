/**
 * A society's form, worked out from its JSON Schema and its ui file: fields in order, what each takes, what is wrong with a
 * value. No DOM. A form half filled in is saved as it stands; only submitting asks for the whole.
 */

import {pickText, t} from '../../lib/i18n.js';

/** @import {FormUi} from '../types.js' */

/**
 * @typedef {object} Option
 * @property {string | number} value
 * @property {string} label
 * @property {string | null} key the key that chooses it
 *
 * @typedef {object} Field
 * @property {string} name
 * @property {string} title
 * @property {string} help
 * @property {string} unit
 * @property {'segments' | 'select' | 'chips' | 'number' | 'integer' | 'boolean' | 'string'} kind
 * @property {Option[]} options
 * @property {boolean} isRequired
 * @property {number | null} minimum
 * @property {number | null} maximum
 * @property {number | null} maxLength
 * @property {unknown} initial value that a new form starts with; undefined: none
 *
 * @typedef {Record<string, unknown>} FormData
 */

/** More options than this, or longer words, are easier to read in a list than side by side. */
const MAX_SEGMENTS = 6;
const MAX_SEGMENT_CHARACTERS = 26;
/** A text that may be longer than this gets several lines. */
export const LONG_TEXT = 200;

/**
 * @param {Record<string, any>} schema JSON Schema of an object
 * @param {FormUi} ui
 * @param {Record<string, unknown>} [acquisition] what the image says about how it was taken, for prefilling
 * @returns {Field[]}
 */
export function fieldsOf(schema, ui, acquisition = {}) {
  const names = Object.keys(schema.properties ?? {});
  const ordered = [...(ui.order ?? []).filter((name) => names.includes(name)), ...names.filter((name) => !ui.order?.includes(name))];
  return ordered.map((name) => fieldOf(name, schema, ui, acquisition));
}

/** @param {string} name @param {Record<string, any>} schema @param {FormUi} ui @param {Record<string, unknown>} acquisition @returns {Field} */
function fieldOf(name, schema, ui, acquisition) {
  const property = schema.properties[name];
  const words = /** @type {Record<string, any>} */ (ui.fields?.[name] ?? {});
  const values = property.type === 'array' ? (property.items?.enum ?? []) : (property.enum ?? []);
  const options = values
    .filter((/** @type {unknown} */ value) => value !== null)
    .map((/** @type {string | number} */ value) => ({
      value,
      label: pickText(words.options?.[String(value)]) || String(value),
      key: words.keys?.[String(value)] ?? null,
    }));
  /** @type {Field} */
  const field = {
    name,
    title: pickText(words) || name,
    help: pickText(words.help),
    unit: words.unit ?? '',
    kind: kindOf(property, options),
    options,
    isRequired: (schema.required ?? []).includes(name),
    minimum: property.minimum ?? null,
    maximum: property.maximum ?? null,
    maxLength: property.maxLength ?? null,
    initial: undefined,
  };
  field.initial = initialValue(field, words.prefill ?? [], acquisition) ?? property.default;
  return field;
}

/** @param {Record<string, any>} property @param {Option[]} options @returns {Field['kind']} */
function kindOf(property, options) {
  if (property.type === 'array') return 'chips';
  if (options.length > 0) {
    const characters = options.reduce((sum, {label}) => sum + widthOf(label), 0);
    return options.length <= MAX_SEGMENTS && characters <= MAX_SEGMENT_CHARACTERS ? 'segments' : 'select';
  }
  const type = Array.isArray(property.type) ? property.type.find((/** @type {string} */ one) => one !== 'null') : property.type;
  return type === 'integer' || type === 'number' || type === 'boolean' ? type : 'string';
}

/** @param {string} text @returns {number} in Latin letters; a Japanese one takes two */
const widthOf = (text) => [...text].reduce((sum, letter) => sum + (letter.charCodeAt(0) > 0x2e7f ? 2 : 1), 0);

/** @param {Field} field @param {string[]} keywords @param {Record<string, unknown>} acquisition */
function initialValue(field, keywords, acquisition) {
  const found = keywords.map((keyword) => acquisition[keyword]).find((value) => value !== undefined && value !== null && value !== '');
  if (found === undefined) return undefined;
  return problemOf(field, found) === null ? found : undefined;
}

/** @param {Field[]} fields @returns {FormData} what a new form starts with */
export function initialForm(fields) {
  return Object.fromEntries(fields.flatMap(({name, initial}) => (initial === undefined ? [] : [[name, initial]])));
}

/**
 * Sets one value; an empty one is taken out, so that "not answered" has one spelling.
 * @param {FormData} data @param {string} name @param {unknown} value
 * @returns {FormData}
 */
export function withValue(data, name, value) {
  const {[name]: _before, ...rest} = data;
  const isEmpty = value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
  return isEmpty ? rest : {...rest, [name]: value};
}

/**
 * What a person typed as a value of the field.
 * @param {Field} field @param {string} text
 * @returns {unknown} null: empty; NaN stays what it is and is refused by `problemOf`
 */
export function parseValue(field, text) {
  const trimmed = text.normalize('NFKC').trim();
  if (field.kind === 'number' || field.kind === 'integer') return trimmed === '' ? null : Number(trimmed);
  return text.trim() === '' ? null : text;
}

/**
 * Says what is wrong with a value that is there.
 * @param {Field} field @param {unknown} value
 * @returns {string | null}
 */
export function problemOf(field, value) {
  if (value === null || value === undefined || value === '') return null;
  switch (field.kind) {
    case 'number':
    case 'integer':
      return numberProblem(field, value);
    case 'boolean':
      return typeof value === 'boolean' ? null : t('Choose yes or no.');
    case 'chips': {
      const known = Array.isArray(value) && value.every((one) => field.options.some((option) => option.value === one));
      return known || field.options.length === 0 ? null : t('Choose from the list.');
    }
    case 'string':
      if (field.maxLength !== null && [...String(value)].length > field.maxLength)
        return t('At most {count} characters.', {count: field.maxLength});
      return null;
    default:
      return field.options.some((option) => option.value === value) ? null : t('Choose from the list.');
  }
}

/** @param {Field} field @param {unknown} value @returns {string | null} */
function numberProblem({kind, minimum, maximum}, value) {
  if (typeof value !== 'number' || !Number.isFinite(value)) return t('Enter a number.');
  if (kind === 'integer' && !Number.isInteger(value)) return t('Enter a whole number.');
  const isInside = (minimum === null || value >= minimum) && (maximum === null || value <= maximum);
  if (isInside) return null;
  if (minimum !== null && maximum !== null) return t('Enter a value from {minimum} to {maximum}.', {minimum, maximum});
  return minimum !== null
    ? t('Enter a value of at least {minimum}.', {minimum})
    : t('Enter a value of at most {maximum}.', {maximum: maximum ?? 0});
}

/**
 * @param {Field[]} fields @param {FormData} data
 * @returns {Field[]} required fields without a value: they have to be filled in before submitting
 */
export function missingFields(fields, data) {
  return fields.filter((field) => field.isRequired && (data[field.name] === undefined || data[field.name] === null));
}
