// Loaded by Node before NNI's server: whatever would listen on every interface listens on 127.0.0.1 instead.
// GTN_NNI_HOST names another address, for example one that only the workers of a private network reach.
'use strict';
const net = require('net');

const host = process.env.GTN_NNI_HOST || '127.0.0.1';
const isNni = (process.argv[1] || '').split(/[\\/]/).includes('nni_node');
const everywhere = (given) => given === undefined || given === null || ['', '0.0.0.0', '::'].includes(given);

if (isNni) {
  const original = net.Server.prototype.listen;
  net.Server.prototype.listen = function listen(first, ...rest) {
    if (first !== null && typeof first === 'object' && first.port !== undefined) {
      return original.call(this, everywhere(first.host) ? { ...first, host } : first, ...rest);
    }
    const isPort = first === undefined || first === null || /^\d+$/.test(String(first));
    if (!isPort || (typeof rest[0] === 'string' && !everywhere(rest[0]))) {
      return original.call(this, first, ...rest); // a pipe, a handle, or a chosen address
    }
    const others = typeof rest[0] === 'function' || typeof rest[0] === 'number' ? rest : rest.slice(1);
    return original.call(this, first, host, ...others);
  };
}
