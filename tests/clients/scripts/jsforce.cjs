// jsforce carries out orders, a JSON object a line: `sobject.create`, `query`, `bulk2.loadAndWaitForResults`.
// An order's name is the client's own function; `sobject.x` takes the object's name first.
'use strict';
const dns = require('node:dns');
const readline = require('node:readline');
const { createRequire } = require('node:module');
const jsforce = createRequire(`${process.argv[2]}/package.json`)('jsforce');

// Whatever it wants from elsewhere, it doesn't get there.
const lookup = dns.lookup;
dns.lookup = (host, options, answer) => {
  if (host === 'localhost') return lookup(host, options, answer);
  return (answer ?? options)(new Error(`a client tried to reach ${host}`));
};

let connection;
let refreshes;

const deeds = {
  async sign_in(url, way, how) {
    refreshes = [];
    const oauth2 = { loginUrl: url, clientId: how.clientId, clientSecret: how.clientSecret };
    connection = new jsforce.Connection({ instanceUrl: url, loginUrl: url, version: '60.0', ...how.more, ...(how.clientId ? { oauth2 } : {}) });
    connection.on('refresh', (token) => refreshes.push(token));
    connection.bulk2.pollInterval = 10;
    if (way === 'client_credentials') return connection.authorize({ grant_type: 'client_credentials' });
    if (way === 'login') return connection.login(how.username, how.password);
    return null;
  },
  async every(soql, options) {
    return (await connection.query(soql, { autoFetch: true, maxFetch: 100000, ...options })).records;
  },
  async bulk_query(soql, options) {
    const stream = await connection.bulk2.query(soql, { pollInterval: 10, pollTimeout: 10000, ...options });
    return stream.toArray();
  },
  refreshes: async () => refreshes.length,
  accessToken: async () => connection.accessToken,
  limitInfo: async () => connection.limitInfo,
};

async function done(order) {
  if (deeds[order.do]) return deeds[order.do](...order.args);
  const names = order.do.split('.');
  let target = connection;
  let args = order.args;
  if (names[0] === 'sobject') {
    target = connection.sobject(args[0]);
    args = args.slice(1);
    names.shift();
  }
  const last = names.pop();
  for (const name of names) target = target[name];
  return target[last](...args);
}

(async () => {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    let told;
    try {
      told = { gave: (await done(JSON.parse(line))) ?? null };
    } catch (error) {
      const { name, message, errorCode, data, content } = error;
      told = { refused: { kind: name, text: String(message), code: errorCode ?? null, content: data ?? content ?? null } };
    }
    process.stdout.write(`${JSON.stringify(told)}\n`);
  }
})();
