// Runs one npm client against a terminal and prints what it got, as JSON.
//
//   node drive.cjs LIBRARY TRANSPORT PORT STEPS
//
// STEPS is a JSON list of [method, ...arguments]. ["live", COUNT] prints each
// live punch on a line of its own as it comes, and goes on after COUNT of them.
// The last line is the list of what the steps returned.
'use strict';

const [library, transport, port, script] = process.argv.slice(2);

// The clients talk on standard output; results must be alone there.
console.log = console.error;

const CLASSES = {
  'node-zklib': { tcp: 'node-zklib/zklibtcp', udp: 'node-zklib/zklibudp' },
  'zkteco-js': { tcp: 'zkteco-js/src/ztcp', udp: 'zkteco-js/src/zudp' },
};

const TIMEOUT = Number(process.env.CLIENT_TIMEOUT || 5000);

function print(value, done) {
  process.stdout.write(JSON.stringify(value) + '\n', done);
}

function plain(value) {
  // Raw replies become hex; what JSON cannot hold otherwise is left to it.
  return Buffer.isBuffer(value) ? value.toString('hex') : value;
}

function live(client, count) {
  return new Promise((resolve) => {
    let seen = 0;
    client.getRealTimeLogs((punch) => {
      print(punch);
      seen += 1;
      if (seen === count) resolve(seen);
    });
  });
}

async function main() {
  const Client = require(CLASSES[library][transport]);
  const client = new Client('127.0.0.1', Number(port), TIMEOUT);
  await client.createSocket();
  const results = [await client.connect()];
  for (const [method, ...given] of JSON.parse(script)) {
    const args = given.map((arg) => (arg && arg.date ? new Date(arg.date) : arg));
    results.push(
      plain(method === 'live' ? await live(client, ...args) : await client[method](...args)),
    );
  }
  await client.disconnect();
  // The clients leave timers behind; go when the line is out, not before.
  await new Promise((resolve) => print(results, resolve));
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
