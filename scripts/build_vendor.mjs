// Rebuilds static/vendor/ from the packages pinned in package-lock.json.
//   node scripts/build_vendor.mjs            writes the files and vendor.lock
//   node scripts/build_vendor.mjs --check    fails unless every committed byte is what the build gives
import {createHash} from 'node:crypto';
import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join, resolve} from 'node:path';
import {fileURLToPath} from 'node:url';

import {build} from 'esbuild';

import {compileBody} from './mark_body.mjs';

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const VENDOR = join(ROOT, 'static', 'vendor');
const MODULES = join(ROOT, 'node_modules');

/** Bundle name -> its package in package.json. Files end in .mjs so that the static storage leaves their text alone. */
const BUNDLES = {ol: 'ol', clipper: 'clipper2-ts'};

/** Files taken from a package as they are. */
const COPIES = {'ol.css': 'ol/ol.css'};

/**
 * Reads one installed package's own description.
 * @param {string} name
 * @returns {{name: string, version: string, license: string}}
 */
function describe(name) {
  return JSON.parse(readFileSync(join(MODULES, name, 'package.json'), 'utf8'));
}

/**
 * Bundles one entry file and tells which packages went into it.
 * @param {string} name
 * @param {string} packageName
 */
async function bundle(name, packageName) {
  const {version, license} = describe(packageName);
  const result = await build({
    absWorkingDir: ROOT,
    entryPoints: [`static/vendor/src/${name}-entry.js`],
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    banner: {js: `// ${packageName} ${version} (${license}), built by scripts/build_vendor.mjs; licences in LICENCES.md`},
    metafile: true,
    write: false,
  });
  return {text: result.outputFiles[0].text, packages: packagesOf(Object.keys(result.metafile.inputs))};
}

/** @param {string[]} inputs files that went into a bundle @returns {string[]} the packages they are of */
function packagesOf(inputs) {
  const packages = inputs
    .filter((path) => path.startsWith('node_modules/'))
    .map((path) => path.split('/').slice(1, path.includes('/@') ? 3 : 2).join('/'));
  return [...new Set(packages)].sort();
}

/** The check of a mark's body, which ajv writes. */
async function markBody() {
  const {version, license} = describe('ajv');
  const banner = `// What a mark says, by the document schema; written by ajv ${version} (${license}), built by scripts/build_vendor.mjs`;
  const {text, inputs} = await compileBody(banner);
  return {text, packages: [...new Set(['ajv', ...packagesOf(inputs)])].sort()};
}

const MARK_BODY_TYPES = `// Written by scripts/build_vendor.mjs.
/** Says whether a mark's body is as the schema asks; what is wrong stands in \`check.errors\` until the next call. */
export const check: ((body: unknown) => boolean) & {errors?: {instancePath: string; keyword: string}[] | null};
`;

/**
 * Turns an entry file into the declarations of its bundle, so that the type checker reads the package's own types.
 * @param {string} name
 */
function declarations(name) {
  const entry = readFileSync(join(VENDOR, 'src', `${name}-entry.js`), 'utf8');
  return `// Mirrors src/${name}-entry.js; written by scripts/build_vendor.mjs.\n${entry.replace(/^\/\/.*\n/gm, '')}`;
}

/**
 * Writes the licence text of every package inside the bundles.
 * @param {Record<string, string[]>} contents
 */
function licences(contents) {
  const parts = ['# Licences of the vendored code', ''];
  for (const [file, packages] of Object.entries(contents)) {
    parts.push(`\`${file}\` contains: ${packages.map((name) => `${name} ${describe(name).version}`).join(', ')}.`, '');
  }
  for (const name of [...new Set(Object.values(contents).flat())].sort()) {
    const folder = join(MODULES, name);
    const file = readdirSync(folder).find((entry) => /^licen[cs]e(\.(md|txt))?$/i.test(entry));
    if (!file) throw new Error(`${name} has no licence file: find out its licence before shipping it`);
    const text = readFileSync(join(folder, file), 'utf8').trim();
    parts.push(`## ${name} ${describe(name).version} (${describe(name).license})`, '', '```text', text, '```', '');
  }
  return parts.join('\n');
}

/** @returns {Promise<Map<string, string>>} file name in static/vendor -> text */
async function buildAll() {
  /** @type {Map<string, string>} */
  const files = new Map();
  /** @type {Record<string, string[]>} */
  const contents = {};
  for (const [name, packageName] of Object.entries(BUNDLES)) {
    const {text, packages} = await bundle(name, packageName);
    files.set(`${name}.mjs`, text);
    files.set(`${name}.d.mts`, declarations(name));
    contents[`${name}.mjs`] = packages;
  }
  const {text: checked, packages: checking} = await markBody();
  files.set('mark-body.mjs', checked);
  files.set('mark-body.d.mts', MARK_BODY_TYPES);
  contents['mark-body.mjs'] = checking;
  for (const [name, source] of Object.entries(COPIES)) files.set(name, readFileSync(join(MODULES, source), 'utf8'));
  files.set('LICENCES.md', licences(contents));
  const lock = [...files].map(([name, text]) => `${createHash('sha256').update(text).digest('hex')}  ${name}\n`);
  files.set('vendor.lock', lock.sort((a, b) => (a.slice(66) < b.slice(66) ? -1 : 1)).join(''));
  return files;
}

const files = await buildAll();
if (process.argv.includes('--check')) {
  const differing = [...files.keys()].filter((name) => {
    const path = join(VENDOR, name);
    return !existsSync(path) || readFileSync(path, 'utf8') !== files.get(name);
  });
  if (differing.length > 0) {
    process.stderr.write(`static/vendor differs from its sources: ${differing.join(', ')}. Run: npm ci && npm run vendor\n`);
    process.exit(1);
  }
  process.stdout.write(`static/vendor: ${files.size} files as built\n`);
} else {
  for (const [name, text] of files) writeFileSync(join(VENDOR, name), text);
  process.stdout.write(`static/vendor: wrote ${[...files.keys()].join(', ')}\n`);
}
