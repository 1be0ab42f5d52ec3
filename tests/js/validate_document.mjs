// Validates annotation documents with ajv, as a browser or any other program would:
//   node tests/js/validate_document.mjs document.json ...
// Prints a line a file; ends with 1 when one is refused, with 2 when one cannot be read.
import { readFileSync } from 'node:fs';
import process from 'node:process';
import Ajv2020 from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const SCHEMA = new URL('../../annotation/schema/json/document-1.0.0.json', import.meta.url);

const files = process.argv.slice(2);
if (files.length === 0) {
  process.stderr.write('usage: node tests/js/validate_document.mjs document.json ...\n');
  process.exit(2);
}
// strictRequired and strictTypes ask for a style of writing schemas; the schema itself is checked against Draft 2020-12
const ajv = new Ajv2020.default({ allErrors: false, strict: true, strictRequired: false, strictTypes: false });
addFormats.default(ajv);
const validate = ajv.compile(JSON.parse(readFileSync(SCHEMA, 'utf8')));

let refused = 0;
for (const file of files) {
  const valid = validate(JSON.parse(readFileSync(file, 'utf8')));
  const reason = valid ? '' : ` ${ajv.errorsText(validate.errors)}`;
  process.stdout.write(`${valid ? 'accepted' : 'refused'} ${file}${reason}\n`);
  refused += valid ? 0 : 1;
}
process.exit(refused === 0 ? 0 : 1);
