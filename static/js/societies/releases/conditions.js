/** The form in which a campaign's conditions are recorded; what it does not show stays as it is. */

import {api} from '../../lib/api.js';
import {el, replaceChildren} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {busy, notify} from '../page.js';
import {boxesField, boxField, choiceField, textField} from './fields.js';

/**
 * @param {HTMLFormElement} form
 * @param {any} data the page's data
 * @param {() => Promise<void>} changed called when they were recorded
 */
export function conditionsForm(form, data, changed) {
  const disabled = !data.can_manage;
  const shown = data.governance;
  const approval = shown.ethics?.[0] ?? {};
  const button = el('button', {class: 'button-primary', text: t('Record these conditions'), attrs: {type: 'submit'}});
  replaceChildren(
    form,
    choiceField(t('Consent'), 'consent_mode', data.words.consent, {value: shown.consent?.mode ?? 'not-recorded', disabled}),
    boxField(t('The consent was withdrawn'), 'withdrawn', {checked: Boolean(shown.consent?.withdrawn), disabled}),
    textField(t('Ethics committee'), 'committee', {value: approval.committee ?? '', disabled}),
    textField(t('Approval number'), 'approval_number', {value: approval.approvalNumber ?? '', disabled}),
    el(
      'div',
      {class: 'field-pair'},
      textField(t('Approved on'), 'approved_on', {value: approval.approvedOn ?? '', type: 'date', disabled}),
      textField(t('Approval ends on'), 'approval_ends_on', {value: approval.expiresOn ?? '', type: 'date', disabled}),
    ),
    boxesField(t('Agreed purposes'), 'purposes', data.words.purpose, {values: shown.purposes ?? [], disabled}),
    boxField(t('May be handed to third parties'), 'provision', {checked: shown.thirdPartyProvision?.allowed === true, disabled}),
    boxesField(t('To whom'), 'recipients', data.words.recipient_kind, {values: shown.thirdPartyProvision?.recipients ?? [], disabled}),
    textField(t('Owner of the images'), 'own_images', {value: shown.ownership?.images ?? '', disabled}),
    textField(t('Owner of the annotations'), 'own_annotations', {value: shown.ownership?.annotations ?? '', disabled}),
    textField(t('Owner of the dataset'), 'own_dataset', {value: shown.ownership?.dataset ?? '', disabled}),
    textField(t('Licence (SPDX id, or LicenseRef-...)'), 'licence', {value: shown.licence ?? '', disabled}),
    textField(t('To be named as'), 'attribution', {value: shown.attribution ?? '', disabled}),
    textField(t('Embargo until'), 'embargo', {value: shown.embargoUntil ?? '', type: 'date', disabled}),
    disabled ? null : el('p', {}, button),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void busy(button, async () => {
      data.governance = (await api.put(data.urls.governance, {governance: recorded(form, data.governance)})).governance;
      notify(t('The conditions are recorded.'));
      await changed();
    });
  });
}

/**
 * Returns the governance block that the form says, over the one that was there.
 * @param {HTMLFormElement} form
 * @param {any} before
 */
export function recorded(form, before) {
  const values = new FormData(form);
  const text = (/** @type {string} */ name) => String(values.get(name) ?? '').trim();
  const others = (before.ethics ?? []).slice(1);
  const approval = filled({committee: text('committee'), approvalNumber: text('approval_number'), approvedOn: text('approved_on'), expiresOn: text('approval_ends_on')});
  const ethics = Object.keys(approval).length ? [{committee: '', approvalNumber: '', ...approval}, ...others] : others;
  const ownership = filled({images: text('own_images'), annotations: text('own_annotations'), dataset: text('own_dataset')});
  const block = {
    ...before,
    consent: {...before.consent, mode: text('consent_mode'), withdrawn: values.has('withdrawn')},
    purposes: values.getAll('purposes'),
    thirdPartyProvision: {...before.thirdPartyProvision, allowed: values.has('provision'), recipients: values.getAll('recipients')},
  };
  for (const key of ['ethics', 'ownership', 'licence', 'attribution', 'embargoUntil']) delete block[key];
  return {
    ...block,
    ...(ethics.length ? {ethics} : {}),
    ...(Object.keys(ownership).length ? {ownership} : {}),
    ...filled({licence: text('licence'), attribution: text('attribution'), embargoUntil: text('embargo')}),
  };
}

/** @param {Record<string, string>} values */
function filled(values) {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value));
}
