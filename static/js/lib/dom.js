/** Small element builder. Text enters the page as text nodes only; nothing here parses HTML. */

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * @typedef {object} ElementOptions
 * @property {string} [class] CSS classes
 * @property {string} [text] text content, set before the children
 * @property {Record<string, string | number | boolean | null | undefined>} [attrs] attributes; `true` is an empty
 *   attribute, `false`, null and undefined leave it out
 * @property {Record<string, string>} [data] dataset entries
 * @property {Record<string, (event: any) => void>} [on] event listeners by event name
 */

/**
 * Makes an HTML element.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {ElementOptions} [options]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function el(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  if (options.class) element.className = options.class;
  if (options.text !== undefined) element.textContent = options.text;
  setAttributes(element, options.attrs ?? {});
  for (const [name, value] of Object.entries(options.data ?? {})) element.dataset[name] = value;
  for (const [name, listener] of Object.entries(options.on ?? {})) element.addEventListener(name, listener);
  append(element, children);
  return element;
}

/**
 * Makes an SVG element; icons and drawings without markup strings.
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number | boolean | null | undefined>} [attrs]
 * @param {...Child} children
 * @returns {SVGElementTagNameMap[Tag]}
 */
export function svg(tag, attrs = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(element, attrs);
  append(element, children);
  return element;
}

/**
 * What is said already is not said again: the browser would lay out and paint for it, with each frame of a moving view.
 * @param {Element} element
 * @param {Record<string, string | number | boolean | null | undefined>} attrs
 */
export function setAttributes(element, attrs) {
  for (const [name, value] of Object.entries(attrs)) {
    if (value === false || value === null || value === undefined) {
      if (element.hasAttribute(name)) element.removeAttribute(name);
      continue;
    }
    const text = value === true ? '' : String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/**
 * Sets the text of an element that has nothing but text, where it is another one.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  const {firstChild} = element;
  if (firstChild instanceof Text && firstChild === element.lastChild) {
    if (firstChild.data !== text) firstChild.data = text;
  } else if (firstChild || text) element.textContent = text;
}

/**
 * @param {Element} parent
 * @param {Child[]} children
 */
function append(parent, children) {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(typeof child === 'number' ? String(child) : child);
  }
}

/**
 * Replaces everything inside an element.
 * @param {Element} parent
 * @param {...Child} children
 */
export function replaceChildren(parent, ...children) {
  parent.replaceChildren();
  append(parent, children);
}

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]';

/**
 * Lists what Tab can reach inside a container, in order.
 * @param {HTMLElement} container
 * @returns {HTMLElement[]}
 */
export function focusable(container) {
  const found = /** @type {HTMLElement[]} */ ([...container.querySelectorAll(FOCUSABLE)]);
  return found.filter((element) => element.tabIndex >= 0 && !element.matches(':disabled') && element.getClientRects().length > 0);
}

/**
 * Keeps the keyboard focus inside a dialog: Tab goes round, Escape closes.
 * @param {HTMLElement} dialog
 * @param {{onEscape?: () => void}} [options]
 * @returns {() => void} releases the trap and gives the focus back to where it was
 */
export function trapFocus(dialog, {onEscape} = {}) {
  const before = document.activeElement;
  /** @param {KeyboardEvent} event */
  const onKeydown = (event) => {
    if (event.key === 'Escape' && onEscape) {
      event.preventDefault();
      event.stopPropagation();
      onEscape();
      return;
    }
    if (event.key !== 'Tab') return;
    const stops = focusable(dialog);
    if (stops.length === 0) {
      event.preventDefault();
      return;
    }
    const at = stops.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    const last = stops.length - 1;
    if (event.shiftKey ? at <= 0 : at === last || at < 0) {
      event.preventDefault();
      stops[event.shiftKey ? last : 0].focus();
    }
  };
  dialog.addEventListener('keydown', onKeydown);
  if (!dialog.contains(document.activeElement)) (focusable(dialog)[0] ?? dialog).focus();
  return () => {
    dialog.removeEventListener('keydown', onKeydown);
    if (before instanceof HTMLElement && before.isConnected) before.focus();
  };
}
