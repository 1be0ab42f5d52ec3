/** What a person did, and how they want to be named. */

import {api} from '../lib/api.js';
import {t} from '../lib/i18n.js';
import {writeActiveTimes} from '../societies/active_time.js';
import {busy, notify, notifyError, pageData} from '../societies/page.js';

const data = pageData();

/** @param {HTMLFormElement} form */
async function save(form) {
  const {credit_url: url} = data.societies.find((/** @type {{slug: string}} */ {slug}) => slug === form.dataset.slug);
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem('name'));
  try {
    const {name} = await api.put(url, {name: field.value});
    field.value = name;
    const named = t('You are named as: {name}', {name});
    const unnamed = t('You are not named.');
    notify(name ? named : unnamed);
  } catch (error) {
    notifyError(error);
  }
}

writeActiveTimes();
for (const form of document.querySelectorAll('form.credit')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const button = form.querySelector('button');
    if (button) void busy(button, () => save(/** @type {HTMLFormElement} */ (form)));
  });
}
