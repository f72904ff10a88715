#!/usr/bin/env node
// Starts the command line. This file is plain JavaScript that any Node understands, so that an old one gets an answer
// and not a syntax error; in a checkout it hands over to the Node that `npm ci` installed.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const oldestNode = 22;
const main = fileURLToPath(new URL('../dist/src/cli/main.js', import.meta.url));
const executable = process.platform === 'win32' ? 'node.exe' : 'node';
const ownNode = fileURLToPath(new URL(`../node_modules/node/bin/${executable}`, import.meta.url));

if (Number(process.versions.node.split('.')[0]) < oldestNode) {
  if (existsSync(ownNode)) handOver();
  else
    fail(`Node ${oldestNode} or newer is needed, this is ${process.version}; get it from https://nodejs.org`);
} else if (existsSync(main)) {
  endWithLauncher();
  await import(new URL('../dist/src/cli/main.js', import.meta.url).href);
} else {
  fail('this checkout is not built yet: run `npm run build`');
}

function handOver() {
  const script = fileURLToPath(import.meta.url);
  const child = spawn(ownNode, [...process.execArgv, script, ...process.argv.slice(2)], {
    env: { ...process.env, CARDINAL_LAUNCHED: '1' },
    // The channel tells the child when this process is gone, however it ended.
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(`cannot start ${ownNode}: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code);
    for (const name of signals) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

// A process whose launcher was killed ends as at SIGTERM: nobody would know of it, and it has the run folder.
function endWithLauncher() {
  const isLaunched = process.env.CARDINAL_LAUNCHED === '1' && process.channel !== undefined;
  delete process.env.CARDINAL_LAUNCHED;
  if (!isLaunched) return;
  process.on('disconnect', () => {
    if (!process.emit('SIGTERM', 'SIGTERM')) process.exit(143);
  });
  process.channel.unref();
}

function fail(message) {
  console.error(`cardinal: ${message}`);
  process.exitCode = 1;
}
