/** JSON as people type it: where it breaks, and on which line a JSON pointer stands. No DOM. */

/**
 * @param {string} text
 * @returns {{value: any} | {line: number, reason: string}} the value, or the first line that cannot be read
 */
export function readJson(text) {
  try {
    return {value: JSON.parse(text)};
  } catch (error) {
    const reason = String(/** @type {Error} */ (error).message);
    const position = /position (\d+)/.exec(reason);
    const line = /line (\d+)/.exec(reason);
    const counted = position ? lineAt(text, Number(position[1])) : text.split('\n').length;
    return {line: line ? Number(line[1]) : counted, reason};
  }
}

/** @param {string} text @param {number} position @returns {number} from 1 */
const lineAt = (text, position) => text.slice(0, position).split('\n').length;

/**
 * Finds the line on which a value begins.
 * @param {string} text valid JSON
 * @param {string} pointer JSON pointer
 * @returns {number} from 1; of the nearest value above where the pointer leads nowhere
 */
export function lineOf(text, pointer) {
  const steps = pointer.split('/').slice(1).map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  let position = skip(text, 0);
  for (const step of steps) {
    const next = memberAt(text, position, step);
    if (next === null) break;
    position = next;
  }
  return lineAt(text, position);
}

/** @param {string} text @param {number} at where an object or array begins @param {string} step @returns {number | null} where the member's value begins */
function memberAt(text, at, step) {
  const isArray = text[at] === '[';
  if (!isArray && text[at] !== '{') return null;
  let position = skip(text, at + 1);
  for (let index = 0; text[position] !== ']' && text[position] !== '}' && position < text.length; index += 1) {
    let key = String(index);
    if (!isArray) {
      const end = ending(text, position);
      key = JSON.parse(text.slice(position, end));
      position = skip(text, skip(text, end) + 1);
    }
    if (key === step) return position;
    position = skip(text, ending(text, position));
    if (text[position] === ',') position = skip(text, position + 1);
  }
  return null;
}

/** @param {string} text @param {number} at @returns {number} the next character that is no blank */
function skip(text, at) {
  let position = at;
  while (/\s/.test(text[position] ?? '')) position += 1;
  return position;
}

/** @param {string} text @param {number} at where a value begins @returns {number} where it ends */
function ending(text, at) {
  let depth = 0;
  for (let position = at; position < text.length; position += 1) {
    const letter = text[position];
    if (letter === '"') {
      position += 1;
      while (text[position] !== '"') position += text[position] === '\\' ? 2 : 1;
      if (depth === 0) return position + 1;
    } else if (letter === '{' || letter === '[') depth += 1;
    else if (letter === '}' || letter === ']') {
      if (depth <= 1) return depth === 0 ? position : position + 1;
      depth -= 1;
    } else if (depth === 0 && /[,\s]/.test(letter)) return position;
  }
  return text.length;
}
