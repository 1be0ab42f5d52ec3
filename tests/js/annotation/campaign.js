/** Campaigns as the API describes them. */

/** @import {Label, ReadBundle} from '../../../static/js/annotation/types.js' */

/** @param {Partial<Label>} parts @returns {Label} */
export function labelOf(parts) {
  return {code: 'x', role: 'finding', display: {ja: '', en: ''}, colour: '#ffd400', key: '', parent: null, granularities: [], ...parts};
}

/** @param {'marking' | 'diagnosis'} kind @returns {ReadBundle['campaign']} */
export function campaignOf(kind) {
  const isMarking = kind === 'marking';
  const labels = [
    labelOf({code: 'tumour', role: 'tissue', key: '1', granularities: ['region']}),
    labelOf({code: 'nucleus', role: 'cell-type', key: '2', granularities: ['cell']}),
    labelOf({code: 'mitosis', key: '3', granularities: ['point']}),
    labelOf({code: 'lesion', key: '4', granularities: ['box']}),
    labelOf({code: 'benign', role: 'diagnosis', key: isMarking ? '1' : '8', granularities: ['diagnosis']}),
    labelOf({code: 'malignant', role: 'diagnosis', key: '9', granularities: ['diagnosis']}),
  ];
  return {
    id: 'c',
    name: {ja: '', en: 'Campaign'},
    protocol: {ja: '', en: '', version: '1.0'},
    granularities: isMarking ? ['region', 'cell', 'point', 'box', 'diagnosis'] : ['diagnosis'],
    tools: isMarking ? ['freehand', 'polygon', 'box', 'point'] : [],
    label_set: {id: 's', version: '1', labels},
    form: {
      id: 'f',
      version: '1',
      schema: {
        type: 'object',
        required: ['eye', 'ageYears'],
        properties: {
          eye: {type: 'string', enum: ['R', 'L', 'unknown'], default: 'unknown'},
          site: {type: 'string', enum: ['scalp', 'face', 'neck', 'chest', 'abdomen', 'back', 'hand']},
          ageYears: {type: 'integer', minimum: 0, maximum: 90},
          sizeMm: {type: 'number', minimum: 0},
          urgent: {type: 'boolean'},
          confirmedBy: {type: 'array', items: {type: 'string', enum: ['CT', 'MR']}},
          impression: {type: 'string', maxLength: 5},
        },
      },
      ui: /** @type {any} */ ({
        order: ['ageYears', 'eye'],
        fields: {
          eye: {ja: '左右眼', en: 'Eye', options: {R: {ja: '右', en: 'Right'}}, keys: {R: 'r', L: 'l'}, prefill: ['ImageLaterality']},
          ageYears: {en: 'Age', prefill: ['age_years']},
          sizeMm: {en: 'Size', unit: 'mm'},
        },
      }),
    },
    diagnosis: {required: true, label_roles: ['diagnosis'], ask_certainty: true, ask_basis: true},
    suggestions: true,
    prompts: false,
  };
}
