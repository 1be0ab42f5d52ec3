/** The people of a society and their roles. */

import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {byId} from '../lib/page.js';
import {table} from '../societies/campaign_parts.js';
import {busy, notify, notifyError, pageData} from '../societies/page.js';

/** @typedef {{id: number, username: string, name: string, roles: string[]}} Member */

const data = pageData();

/** @param {Member} member @param {{code: string, name: string}} role @param {HTMLInputElement} box */
async function setRole(member, role, box) {
  box.disabled = true;
  try {
    const answer = box.checked
      ? await api.post(data.members_url, {username: member.username, role: role.code})
      : await api.delete(`${data.members_url}${member.id}/${role.code}/`);
    data.members = answer.members;
    const values = {name: member.name, role: role.name};
    notify(box.checked ? t('{name} now has the role: {role}.', values) : t('{name} no longer has the role: {role}.', values));
  } catch (error) {
    notifyError(error);
  }
  draw({id: member.id, role: role.code});
}

/** @param {Member} member @returns {HTMLTableRowElement} */
function row(member) {
  const boxes = data.roles.map((/** @type {any} */ role) => {
    const label = t('{name}: {role}', {name: member.name, role: role.name});
    const box = el('input', {attrs: {type: 'checkbox', 'aria-label': label, checked: member.roles.includes(role.code)}, data: {member: String(member.id), role: role.code}});
    box.addEventListener('change', () => void setRole(member, role, box));
    return el('td', {class: 'role-cell'}, box);
  });
  const me = member.id === data.me ? el('span', {class: 'badge', text: t('you')}) : null;
  return el('tr', {}, el('th', {attrs: {scope: 'row'}}, el('span', {class: 'row'}, member.name, me)), el('td', {class: 'muted', text: member.username}), ...boxes);
}

/** @param {{id: number, role: string}} [focus] the box that was used, so that the keyboard stays where it was */
function draw(focus) {
  const heads = [t('Name'), t('User name'), ...data.roles.map((/** @type {any} */ role) => `${role.name}|role-cell`)];
  replaceChildren(byId('members'), table(heads, data.members.map(row)));
  if (!focus) return;
  const box = document.querySelector(`input[data-member="${focus.id}"][data-role="${focus.role}"]`);
  if (box instanceof HTMLElement) box.focus();
}

/** @param {string} username @param {string} password */
function showPassword(username, password) {
  const place = byId('first-password');
  if (!password) {
    replaceChildren(place);
    return;
  }
  replaceChildren(
    place,
    el(
      'div',
      {class: 'secret'},
      el('span', {text: t('First password of {username}, shown only now:', {username})}),
      el('code', {text: password}),
      el('span', {class: 'small muted', text: t('They can change it by clicking on their name at the top right.')}),
    ),
  );
}

function start() {
  const form = /** @type {HTMLFormElement} */ (byId('add-person'));
  const role = /** @type {HTMLSelectElement} */ (byId('role'));
  for (const each of data.roles) role.append(el('option', {text: each.name, attrs: {value: each.code, selected: each.code === 'reader'}}));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(form));
    const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
    if (!values.username) {
      notify(t('A user name is needed.'), {kind: 'error'});
      byId('username').focus();
      return;
    }
    void busy(button, async () => {
      const answer = await api.post(data.members_url, values);
      data.members = answer.members;
      notify('');
      draw();
      showPassword(answer.username, answer.first_password);
      form.reset();
    });
  });
  draw();
}

start();
