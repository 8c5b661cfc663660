/** Every code of the error tables stands for one error, and some test expects it. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { errorTables } from './error-tables.mjs';
import { root } from './run-step.mjs';

/** Besides the tests themselves: the files that it holds are rows of a test, each with the code that is expected. */
const rowsOfTests = ['config/malformed-by-hand.fixture.ts'];

const isTest = (path) => path.endsWith('.test.ts') || rowsOfTests.some((rows) => path.endsWith(rows));
const tests = ['packages', 'examples'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((path) => isTest(path) && !/(^|\/)(node_modules|dist)\//.test(path))
    .map((path) => join(root, folder, path)),
);

/** The codes in texts and patterns. Neither a comment nor a name in the code expects one, nor the title of a test. */
function codesExpectedBy(path) {
  const codes = [];
  const visit = (node) => {
    if (ts.isLiteralExpression(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      codes.push(...(node.text.match(/\b[A-Z][A-Z0-9_]+\b/g) ?? []));
    }
    ts.forEachChild(node, (child) => {
      if (!isTitle(child, node)) visit(child);
    });
  };
  visit(ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest));
  return codes;
}

function isTitle(node, parent) {
  if (!ts.isCallExpression(parent)) return false;
  const [title, body] = parent.arguments;
  return title === node && body !== undefined && ts.isFunctionLike(body);
}

const expected = new Set(tests.flatMap(codesExpectedBy));
const owners = new Map();
const faults = [];
for (const [owner, table] of Object.entries(errorTables)) {
  for (const code of Object.keys(table)) {
    if (owners.has(code)) faults.push(`${code} stands in two tables: ${owners.get(code)}, ${owner}.`);
    owners.set(code, owner);
  }
}
const untested = [...owners.keys()].filter((code) => !expected.has(code));
faults.push(
  ...untested.map((code) => `${code} (${owners.get(code)}): no test makes this error happen and expects it.`),
);
for (const fault of faults) console.error(fault);
console.log(`count of codes without a test: ${untested.length} of ${owners.size}`);
process.exit(faults.length > 0 ? 1 : 0);
