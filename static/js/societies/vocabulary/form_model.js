/** A form field by field: kinds that people choose, and the JSON Schema and words that come of them. No DOM. */

/** @typedef {'text' | 'long' | 'number' | 'integer' | 'choice' | 'choices' | 'yesno' | 'other'} Kind */

/** @param {any} property @returns {Kind} what the field editor calls it; other: only the schema says it */
export function kindOf(property) {
  if (property?.$ref || property?.anyOf || property?.oneOf || property?.allOf || Array.isArray(property?.type)) return 'other';
  if (property?.type === 'array') return property.items?.enum ? 'choices' : 'other';
  if (property?.enum) return property.enum.every((/** @type {unknown} */ one) => typeof one === 'string') ? 'choice' : 'other';
  if (property?.type === 'boolean') return 'yesno';
  if (property?.type === 'number' || property?.type === 'integer') return property.type;
  if (property?.type === 'string') return (property.maxLength ?? 0) > 200 ? 'long' : 'text';
  return 'other';
}

/** @param {Kind} kind @param {any} [before] the property as it was; options stay where both kinds have them @returns {any} */
export function propertyOf(kind, before = {}) {
  const options = before.enum ?? before.items?.enum ?? [];
  switch (kind) {
    case 'number':
    case 'integer':
      return {type: kind, ...pick(before, ['minimum', 'maximum'])};
    case 'choice':
      return {type: 'string', enum: options};
    case 'choices':
      return {type: 'array', items: {type: 'string', enum: options}, uniqueItems: true};
    case 'yesno':
      return {type: 'boolean'};
    case 'long':
      return {type: 'string', maxLength: 2000};
    default:
      return {type: 'string', maxLength: 200};
  }
}

/** @param {any} property @returns {string[]} */
export const optionsOf = (property) => property.enum ?? property.items?.enum ?? [];

/** @param {any} property @param {string[]} options @returns {any} */
export function withOptions(property, options) {
  return property.type === 'array' ? {...property, items: {...property.items, enum: options}} : {...property, enum: options};
}

/** @param {any} content @returns {string[]} the fields in the order in which they are shown */
export function orderOf({schema, ui}) {
  const names = Object.keys(schema.properties ?? {});
  const listed = (ui.order ?? []).filter((/** @type {string} */ name) => names.includes(name));
  return [...listed, ...names.filter((name) => !listed.includes(name))];
}

/** @param {any} content @param {string} name @returns {any} the content with one more field */
export function addField(content, name) {
  const schema = {...content.schema, properties: {...content.schema.properties, [name]: propertyOf('text')}};
  const ui = {...content.ui, order: [...orderOf(content), name], fields: {...content.ui.fields, [name]: {ja: '', en: ''}}};
  return {schema, ui};
}

/** @param {any} content @param {string} name @returns {any} */
export function removeField(content, name) {
  const {[name]: _property, ...properties} = content.schema.properties;
  const {[name]: _words, ...fields} = content.ui.fields ?? {};
  const schema = {...content.schema, properties, required: without(content.schema.required, name)};
  return {schema, ui: {...content.ui, order: without(orderOf(content), name), fields}};
}

/** @param {any} content @param {string} name @param {-1 | 1} step @returns {any} */
export function moveField(content, name, step) {
  const order = orderOf(content);
  const from = order.indexOf(name);
  const to = from + step;
  if (to < 0 || to >= order.length) return content;
  order.splice(to, 0, ...order.splice(from, 1));
  return {...content, ui: {...content.ui, order}};
}

/** @param {any} content @param {string} from @param {string} to @returns {any} the same content where the name is taken */
export function renameField(content, from, to) {
  const {properties} = content.schema;
  if (from === to || to in properties || !/^[A-Za-z][A-Za-z0-9_]{0,63}$/.test(to)) return content;
  const swap = (/** @type {string} */ name) => (name === from ? to : name);
  const renamed = (/** @type {Record<string, any>} */ members) => Object.fromEntries(Object.entries(members).map(([name, value]) => [swap(name), value]));
  const schema = {...content.schema, properties: renamed(properties), required: (content.schema.required ?? []).map(swap)};
  return {schema, ui: {...content.ui, order: orderOf(content).map(swap), fields: renamed(content.ui.fields ?? {})}};
}

/** @param {any} content @param {string} name @param {boolean} isRequired @returns {any} */
export function requireField(content, name, isRequired) {
  const others = without(content.schema.required, name);
  return {...content, schema: {...content.schema, required: isRequired ? [...others, name] : others}};
}

/** @param {any} content @returns {string} a name that no field has */
export function freeName({schema}) {
  let number = Object.keys(schema.properties).length + 1;
  while (`field${number}` in schema.properties) number += 1;
  return `field${number}`;
}

/** @param {string[] | undefined} list @param {string} one */
const without = (list, one) => (list ?? []).filter((each) => each !== one);
/** @param {any} source @param {string[]} keys */
const pick = (source, keys) => Object.fromEntries(keys.filter((key) => key in source).map((key) => [key, source[key]]));
