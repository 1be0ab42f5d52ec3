/** The names of coded values that the document schema fixes, in the reader's language. */

import {t} from '../lib/i18n.js';

/** @import {Certainty} from './types.js' */

/** @returns {{value: Certainty, label: string}[]} */
export const certainties = () => [
  {value: 'definite', label: t('Definite')},
  {value: 'probable', label: t('Probable')},
  {value: 'possible', label: t('Possible')},
  {value: 'indeterminate', label: t('Indeterminate')},
];

/** @returns {Map<string, string>} */
export const basisMethods = () =>
  new Map([
    ['image-only', t('This image alone')],
    ['histopathology-resection', t('Histopathology (resection)')],
    ['histopathology-biopsy', t('Histopathology (biopsy)')],
    ['cytology', t('Cytology')],
    ['CT', t('CT')],
    ['MR', t('MRI')],
    ['US', t('Ultrasound')],
    ['CEUS', t('Contrast-enhanced ultrasound')],
    ['PET', t('PET')],
    ['endoscopy', t('Endoscopy')],
    ['angiography', t('Angiography')],
    ['laboratory', t('Laboratory')],
    ['microbiology', t('Microbiology')],
    ['visual-field', t('Visual field')],
    ['OCT', t('OCT')],
    ['fluorescein-angiography', t('Fluorescein angiography')],
    ['clinical-course', t('Clinical course')],
    ['expert-consensus', t('Expert consensus')],
  ]);

/** @returns {Map<string, string>} */
export const basisStatuses = () =>
  new Map([
    ['confirmed', t('Confirmed')],
    ['supports', t('Supports it')],
    ['pending', t('Pending')],
    ['contradicts', t('Contradicts it')],
    ['not-confirmable', t('Cannot be confirmed')],
  ]);

/** @param {string} tool @returns {string} */
export function toolName(tool) {
  switch (tool) {
    case 'box':
      return t('Box');
    case 'polygon':
      return t('Polygon');
    case 'freehand':
      return t('Freehand');
    case 'point':
      return t('Point');
    case 'ellipse':
      return t('Ellipse');
    case 'brush':
      return t('Brush');
    case 'eraser':
      return t('Eraser');
    case 'ruler':
      return t('Ruler (not saved)');
    case 'angle':
      return t('Angle (not saved)');
    case 'superpixel':
      return t('Superpixels');
    case 'prompt':
      return t('Outline by model');
    case 'wand':
      return t('Magic wand');
    default:
      return t('Select');
  }
}
