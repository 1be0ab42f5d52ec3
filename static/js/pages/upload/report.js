/** The report of an upload: a row a file, for a spreadsheet. */

import {t} from '../../lib/i18n.js';
import {labels} from './list.js';

/** @import {Item} from './queue.js' */

// A spreadsheet runs what begins so; the names of files are not ours.
const FORMULA = /^[=+\-@\t\r]/;

/**
 * @param {readonly Item[]} items
 * @param {string} imageUrl with {id}, absolute
 * @returns {string} CSV (RFC 4180) that begins with a byte order mark, without which spreadsheets misread Japanese
 */
export function reportCsv(items, imageUrl) {
  const named = labels();
  const head = [t('File'), t('Bytes'), t('Result'), t('Code'), t('Reason'), t('Next step'), t('Image')];
  const rows = items.map((item) => {
    const {code = '', message = '', hint = '', imageId} = item.outcome ?? {};
    return [item.name, `${item.size}`, named[item.state], code, message, hint, imageId ? imageUrl.replace('{id}', imageId) : ''];
  });
  return `\uFEFF${[head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`;
}

/** @param {string} text @returns {string} */
function cell(text) {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * Hands a report to the browser as a file.
 * @param {string} csv
 * @param {string} name
 */
export function download(csv, name) {
  const address = URL.createObjectURL(new Blob([csv], {type: 'text/csv'}));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
