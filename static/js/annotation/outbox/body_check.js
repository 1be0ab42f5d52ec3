/** Looks at a mark before it is sent, by the published document schema; the code that does is written by ajv from it. */

import {t} from '../../lib/i18n.js';
import {check} from '../../../vendor/mark-body.mjs';

/** @import {Operation, Problem} from '../types.js' */

/**
 * Says what is wrong with what an operation says of a mark.
 * @param {Operation} operation
 * @returns {Problem | null} null: nothing, or it says nothing of a mark
 */
export function problemOf(operation) {
  if (!operation.annotation || check(operation.annotation)) return null;
  const place = check.errors?.[0]?.instancePath ?? '';
  return {
    code: 'body_invalid',
    message: t('This mark is not as the document schema asks; it was not sent and is kept here.'),
    hint: t('Change the mark, or delete it and draw it anew.'),
    pointer: `/annotation${place}`,
  };
}
