/**
 * Text in the reader's language. The catalogue is Django's, served at `/i18n.js`; without it (unit tests) the English
 * msgid stands for itself.
 */

/**
 * Fills `{name}` places of a translated text.
 * @param {string} text
 * @param {Record<string, string | number>} values
 * @returns {string}
 */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/**
 * Translates an English msgid and fills its places: `t('Frame {frame} of {count}', {frame: 3, count: 28})`.
 * @param {string} msgid
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(msgid, values = {}) {
  return fill(typeof gettext === 'function' ? gettext(msgid) : msgid, values);
}

/**
 * Translates a text that depends on a number; `{count}` is filled by itself.
 * @param {string} singular
 * @param {string} plural
 * @param {number} count
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function tn(singular, plural, count, values = {}) {
  const english = count === 1 ? singular : plural;
  return fill(typeof ngettext === 'function' ? ngettext(singular, plural, count) : english, {count, ...values});
}

/** @returns {'ja' | 'en'} the language of the page */
export function language() {
  const lang = typeof document === 'undefined' ? 'en' : document.documentElement.lang;
  return lang.toLowerCase().startsWith('ja') ? 'ja' : 'en';
}

/**
 * Picks the page's language from a text that data carries in both; the other language when one is empty.
 * @param {{ja?: string | null, en?: string | null} | null | undefined} text
 * @param {'ja' | 'en'} [lang]
 * @returns {string}
 */
export function pickText(text, lang = language()) {
  if (!text) return '';
  return (lang === 'ja' ? text.ja || text.en : text.en || text.ja) ?? '';
}
