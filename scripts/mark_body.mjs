// Makes the check that the workbench runs on a mark before it is sent: the parts of the published document schema that a mark's body
// has, compiled by ajv to plain code, so that neither ajv nor the schema reaches the browser.
import {readFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';

import Ajv2020 from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import {build} from 'esbuild';

const DOCUMENT = new URL('../annotation/schema/json/document-1.0.0.json', import.meta.url);
const MAX = {labels: 32, basis: 32, revision: 2 ** 31 - 1, seconds: 1e7, cites: 200};
/** What the API does not take, or writes otherwise. */
const NOT_SENT = new Set(['Mask', 'VolumeMask']);
/** What is said of a report: marks on its words, which documents hold among the reports. */
const OF_REPORTS = ['term', 'report'];
/** What is said of the whole examination; documents say it of the case. */
const OF_EXAMS = ['exam'];

/**
 * Writes the schema of what a mark says on its way to the server. Shapes, granularity, certainty and basis are the document's own;
 * names of members are those of the API, and a mask is in tiles there.
 * @returns {Record<string, any>}
 */
export function bodySchema() {
  const {$defs} = JSON.parse(readFileSync(DOCUMENT, 'utf8'));
  const {position, ring, rectArray, granularity, basis, annotation} = $defs;
  /** @type {any[]} */
  const shapes = $defs.geometry.oneOf.filter((/** @type {any} */ shape) => !NOT_SENT.has(shape.properties.type.const));
  const geometry = {oneOf: shapes.filter((shape) => shape.properties.type.const !== 'Track')};
  const mask = {
    type: 'object',
    required: ['type', 'tiles'],
    additionalProperties: false,
    properties: {
      type: {const: 'Mask'},
      tiles: {
        type: 'array',
        items: {type: 'array', minItems: 3, maxItems: 3, prefixItems: [{type: 'integer'}, {type: 'integer'}, {type: 'string'}]},
      },
    },
  };
  const {method, status} = basis.properties;
  const fits = annotation.allOf.filter((/** @type {any} */ rule) => rule.then?.properties?.geometry);
  return {
    type: 'object',
    required: ['granularity', 'frame', 'geometry', 'labels'],
    additionalProperties: false,
    properties: {
      granularity: {enum: [...granularity.enum, ...OF_REPORTS, ...OF_EXAMS]},
      span: {
        type: ['object', 'null'],
        required: ['report_id', 'digest', 'polarity'],
        additionalProperties: false,
        properties: {
          report_id: {type: 'string'},
          digest: {type: 'string', pattern: '^[0-9a-f]{64}$'},
          start: {type: ['integer', 'null'], minimum: 0},
          end: {type: ['integer', 'null'], minimum: 0},
          polarity: {enum: ['positive', 'negated', 'suspected']},
          coding: {type: ['object', 'null']},
        },
      },
      cites: {
        type: ['array', 'null'],
        minItems: 1,
        maxItems: MAX.cites,
        uniqueItems: true,
        items: {
          type: 'object',
          required: ['image_id'],
          additionalProperties: false,
          properties: {
            image_id: {type: 'string'},
            frame: {type: ['integer', 'null'], minimum: 0, maximum: MAX.revision},
            annotation_id: {type: ['string', 'null']},
          },
        },
      },
      cell: {
        type: ['object', 'null'],
        required: ['layer_id', 'number'],
        additionalProperties: false,
        properties: {layer_id: {type: 'string'}, number: {type: 'integer', minimum: 0, maximum: MAX.revision}},
      },
      frame: {type: ['integer', 'null'], minimum: 0, maximum: MAX.revision},
      geometry: {
        type: ['object', 'null'],
        if: {type: 'object'},
        then: {
          required: ['type'],
          properties: {type: {enum: [...shapes.map((shape) => shape.properties.type.const), 'Mask']}},
          allOf: [...shapes, mask].map((shape) => ({if: {properties: {type: shape.properties.type}}, then: shape})),
        },
      },
      labels: {type: 'array', maxItems: MAX.labels, uniqueItems: true, items: {type: 'string'}},
      text: {type: 'string'},
      form: {type: ['object', 'null']},
      certainty: {enum: [...annotation.properties.confidence.properties.category.enum, null]},
      basis: {
        type: 'array',
        maxItems: MAX.basis,
        items: {type: 'object', required: ['method', 'status'], additionalProperties: false, properties: {method, status}},
      },
      origin: {enum: ['manual', 'suggestion', 'import']},
      suggestion_id: {type: ['string', 'null'], pattern: '^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$'},
      active_seconds: {type: 'number', minimum: 0, maximum: MAX.seconds},
    },
    allOf: [
      ...fits.map((/** @type {any} */ {if: is, then}) => ({if: is, then: {properties: {geometry: {type: 'object', ...then.properties.geometry}}}})),
      {
        if: {properties: {granularity: {enum: OF_REPORTS}}},
        then: {required: ['span'], properties: {span: {type: 'object'}, geometry: {type: 'null'}}},
        else: {properties: {span: {type: 'null'}}},
      },
      {
        if: {properties: {granularity: {enum: OF_EXAMS}}},
        then: {required: ['cites'], properties: {cites: {type: 'array'}, geometry: {type: 'null'}}},
        else: {properties: {cites: {type: 'null'}}},
      },
    ],
    $defs: {position, ring, rectArray, geometry},
  };
}

/**
 * Compiles it to an ES module with the function `check`, which gives true, or false with `check.errors`.
 * @param {string} banner first line of the module
 * @returns {Promise<{text: string, inputs: string[]}>} with the files that went into it
 */
export async function compileBody(banner) {
  const ajv = new (/** @type {any} */ (Ajv2020).default)({
    code: {source: true, esm: true, lines: false, optimize: 2},
    strictTypes: false,
    strictRequired: false,
    messages: false,
  });
  const source = /** @type {any} */ (standalone).default(ajv, {check: ajv.addSchema(bodySchema(), 'body') && 'body'});
  const result = await build({
    absWorkingDir: fileURLToPath(new URL('..', import.meta.url)),
    stdin: {contents: source, resolveDir: fileURLToPath(new URL('..', import.meta.url)), loader: 'js'},
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    banner: {js: banner},
    metafile: true,
    write: false,
  });
  return {text: result.outputFiles[0].text, inputs: Object.keys(result.metafile.inputs)};
}
