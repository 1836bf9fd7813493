#!/usr/bin/env node
// Asks rw2fa-verify for the second factor of a login. Import secondFactor, or try it:
//
//   echo 123456 | node second_factor.mjs USER [--session html5|remoteapp|rdp] [--program PATH] [--limit SECONDS]
//
// Needs Node 16 or newer, and no packages. The rules for callers are in docs/portal.md.

import { spawn } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const EXIT_CODES = new Map([['grant', 0], ['deny', 1], ['challenge', 3], ['error', 4], ['ended', 5]]);
const LONGEST_ANSWER = 1_000_000;
const LONGEST_ERRORS = 4096;

/**
 * Runs the verifier once. The promise is always fulfilled, with an answer whose `granted` alone says whether
 * the user may enter.
 *
 * `outcome`, `reason` and `message` are those of the protocol; `document` is the whole answer, or null. A
 * reason that is not in the protocol says why there is no answer: not-started, time-limit, killed,
 * wrong-call, bad-answer. `errors` is the beginning of standard error, for your log.
 *
 * An empty code means that the code page was not shown yet: never pass its empty field. The options are those
 * of the protocol: one '--group=NAME' for each group, or '--no-groups'; '--client=ID'; '--session=KIND'. An
 * absolute path of the program is safer: it does not depend on PATH. The verifier ends by itself within 20 s.
 */
export function secondFactor(user, code, options, { program = 'rw2fa-verify', limit = 25 } = {}) {
  return new Promise((resolve) => {
    // The verifier reads one line of at most 256 bytes.
    let line = code ?? '';
    if (Buffer.byteLength(line) > 255 || /[\r\n]/.test(line)) line = 'not a code';
    const codeOption = line === '' ? [] : ['--code-stdin'];
    let child;
    try {
      child = spawn(program, [...codeOption, ...options, '--', user], { windowsHide: true });
    } catch (failure) {
      resolve(refusal('not-started', String(failure)));
      return;
    }
    const output = collect(child.stdout, LONGEST_ANSWER);
    const errors = collect(child.stderr, LONGEST_ERRORS);
    const timer = setTimeout(() => {
      resolve(refusal('time-limit', errors.text()));
      abandon(child);
    }, limit * 1000);
    child.on('error', (failure) => {
      clearTimeout(timer);
      resolve(refusal('not-started', String(failure)));
    });
    // Both streams have ended, and the program too.
    child.on('close', (exitCode) => {
      clearTimeout(timer);
      resolve(read(exitCode, output.bytes(), errors.text()));
    });
    child.stdin?.on('error', () => {}); // It may end without reading.
    child.stdin?.end(line === '' ? '' : `${line}\n`);
  });
}

/** Reads a stream to its end, and keeps its beginning. */
function collect(stream, longest) {
  const chunks = [];
  let length = 0;
  stream?.on('error', () => {});
  stream?.on('data', (chunk) => {
    if (length <= longest) chunks.push(chunk);
    length += chunk.length;
  });
  const bytes = () => Buffer.concat(chunks);
  return { bytes, text: () => bytes().subarray(0, longest).toString('utf8') };
}

/** Stops waiting. A set-uid verifier belongs to another account: it cannot be killed, and ends by itself. */
function abandon(child) {
  try {
    child.kill('SIGKILL');
  } catch {
    // It belongs to another account.
  }
  for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
  child.unref();
}

function read(exitCode, output, errors) {
  if (exitCode === null) return refusal('killed', errors);
  if (exitCode === 2) return refusal('wrong-call', errors);
  let document;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(output));
  } catch {
    return refusal('bad-answer', errors);
  }
  // SECURITY: one document, of the known schema, whose outcome fits the exit code.
  const isAnswer =
    document !== null &&
    typeof document === 'object' &&
    document.schema === 1 &&
    [document.outcome, document.reason, document.message].every((field) => typeof field === 'string') &&
    EXIT_CODES.get(document.outcome) === exitCode;
  if (!isAnswer) return refusal('bad-answer', errors);
  const { outcome, reason, message } = document;
  return { granted: outcome === 'grant' && exitCode === 0, outcome, reason, message, document, errors };
}

function refusal(reason, errors) {
  const message = 'The sign-in is not available now. Tell your administrator.';
  return { granted: false, outcome: 'error', reason, message, document: null, errors };
}

/** Tries the function from a terminal. */
async function main([user, ...rest]) {
  const options = ['--no-groups'];
  const parameters = {};
  let isRight = user !== undefined && rest.length % 2 === 0;
  for (let i = 0; i + 1 < rest.length; i += 2) {
    if (rest[i] === '--session') options.push(`--session=${rest[i + 1]}`);
    else if (rest[i] === '--program') parameters.program = rest[i + 1];
    else if (rest[i] === '--limit') parameters.limit = Number(rest[i + 1]);
    else isRight = false;
  }
  if (!isRight) {
    console.error('usage: second_factor.mjs USER [--session KIND] [--program PATH] [--limit SECONDS]');
    return 1;
  }
  const code = readFileSync(0, 'utf8').split(/\r?\n/)[0];
  const answer = await secondFactor(user, code, options, parameters);
  console.log(answer.reason);
  if (answer.errors !== '') console.error(answer.errors);
  return answer.granted ? 0 : 1;
}

if (process.argv[1] && realpathSync(process.argv[1]) === realpathSync(fileURLToPath(import.meta.url))) {
  process.exitCode = await main(process.argv.slice(2));
}
