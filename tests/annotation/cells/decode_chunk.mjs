// Decodes a chunk of cells from standard input as the browser does, and prints what it holds as JSON, or the error.
import {readFileSync} from 'node:fs';
import {decodeChunk} from '../../../static/js/annotation/cells/work/chunk.js';

const raw = readFileSync(0);
try {
  const {count, numbers, starts, vertices, labels, scores} = decodeChunk(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.byteLength));
  console.log(JSON.stringify({count, numbers: [...numbers], starts: [...starts], vertices: [...vertices], labels: [...labels], scores: [...scores]}));
} catch (error) {
  console.log(JSON.stringify({error: error.name}));
}
