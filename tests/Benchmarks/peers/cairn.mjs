// Cairn's driver for the side-by-side harness; run.sh copies it into the harness's drivers folder. README.md says how to run it.
//   cairn                  W1 through POST commits: 1,000 concepts or 5,000 edges a commit, one request each
//   cairn+ingest           W1 through POST ingest: NDJSON, one operation a line
//   cairn+ingest-commits   W1 through POST ingest: NDJSON, a commit of 1,000 operations a line
// All else is the same. The environment:
//   CAIRN_CMD              the server's command, split on spaces; --urls and --data are appended
//   CAIRN_INGEST_OPS       operations of an ingest request, 100,000 by default
// The server's output goes to <dir>.log, beside the measured folder.
import fs from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { spawn } from 'node:child_process';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { DIM, sleep, du } from '../lib/bench.mjs';
import { httpClient } from './http.mjs';

const PORT = 15490, base = `http://127.0.0.1:${PORT}`, space = '/v1/spaces/bench', json = JSON.stringify, enc = encodeURIComponent;
const CMD = (process.env.CAIRN_CMD ?? '').split(' ').filter(Boolean);
const OPS = +(process.env.CAIRN_INGEST_OPS || 100_000);
const PER_LINE = { ingest: 1, 'ingest-commits': 1_000 };                              // operations of an NDJSON line, by variant

const f32 = v => ({ $f32: Buffer.from(v.buffer, v.byteOffset, v.byteLength).toString('base64') });   // 2 KB for 384 numbers: 1000 of them stay under 4 MiB a commit
const concept = (x, v) => ({ id: x.id, labels: [x.label], content: x.content, attributes: x.attributes, strength: x.strength, confidence: x.confidence, ...(v ? { vector: f32(v) } : {}) });
const put = (x, v) => ({ op: 'put', concept: concept(x, v) });
const associate = e => ({ op: 'associate', association: { source: e.from, type: e.type, target: e.to, attributes: { weight: e.weight } } });
const patch = u => ({ op: 'patch', id: u.id, set: { strength: u.strength, attributes: { salary: u.salary } } });

const between = (lo, hi) => `salary >= ${lo} AND salary <= ${hi}`;

const routes = {
  space: vec => ['PUT', space, vec ? { vector: { dimensions: DIM, metric: 'cosine' } } : {}],
  get: id => ['GET', `${space}/concepts/${enc(id)}`],
  neighbours: id => ['GET', `${space}/concepts/${enc(id)}/neighbors?limit=100&fields=id&associationFields=type`],
  path: (from, to) => ['POST', `${space}/paths`, { from, to, maxDepth: 6 }],
  text: words => ['POST', `${space}/search?fields=id`, { text: words.join(' '), limit: 10, fusion: { weights: { vector: 0 } } }],
  meant: words => ['POST', `${space}/search?fields=id`, { text: words.join(' '), limit: 10 }],
  vector: (v, label) => ['POST', `${space}/search?fields=id`, { vector: f32(v), limit: 10, ...(label ? { label } : {}) }],
  hybrid: (words, v) => ['POST', `${space}/search?fields=id`, { text: words.join(' '), vector: f32(v), limit: 10 }],
  write: (x, v) => ['PUT', `${space}/concepts/${enc(x.id)}`, concept(x, v)],
  commit: operations => ['POST', `${space}/commits`, { operations }],
  list: (where, cursor) => ['GET', `${space}/concepts?fields=id&limit=1000${where ? `&where=${enc(where)}` : ''}${cursor ? `&cursor=${enc(cursor)}` : ''}`],
  salaries: (lo, hi) => ['GET', `${space}/concepts?fields=id&orderBy=salary&limit=100&count=true&where=${enc(between(lo, hi))}`],
  meanByRole: ['POST', `${space}/aggregate`, { groupBy: ['role'], select: [{ fn: 'avg', of: 'salary', as: 'avg' }] }],
  seen: (id, token) => ['GET', `${space}/concepts/${enc(id)}?wait=60000&after=${enc(token)}`],
};

function client() {
  const { call, close } = httpClient(base, routes);
  const found = async r => { const x = await call(r); if (!x) throw new Error(`${r[0]} ${r[1]}: 404`); return x; };          // call answers null for a 404
  const committed = async r => { const x = await found(r); if (x.outcome !== 'committed') throw new Error(`${r[0]} ${r[1]}: ${json(x).slice(0, 150)}`); return x; };   // a 202 does not count
  return {
    call: found, close,
    get: id => call(routes.get(id)),
    async neighbours(id) { const seen = new Set(); return (await found(routes.neighbours(id))).items.filter(x => { const n = x.concept?.id ?? x.id; return !seen.has(n) && seen.add(n); }); },
    async path(a, b) { return (await found(routes.path(a, b))).paths[0]?.length ?? -1; },
    // The first 100 by salary, and how many there are.
    async range(lo, hi) { const r = await found(routes.salaries(lo, hi)); return { count: r.count, rows: r.items }; },
    async search(route) { return (await found(route)).items.map(x => x.concept.id); },
    text(words) { return this.search(routes.text(words)); },                             // by words alone
    meant(words) { return this.search(routes.meant(words)); },                           // and by the built-in model
    vector(v, label) { return this.search(routes.vector(v, label)); },
    hybrid(words, v) { return this.search(routes.hybrid(words, v)); },
    async groupBy() { return (await found(routes.meanByRole)).rows; },
    write: (x, v) => committed(routes.write(x, v)),
    commit: operations => committed(routes.commit(operations)),
    batch({ concepts, edges, updates }, vectors) { return this.commit([...concepts.map((x, i) => put(x, vectors?.at(i))), ...edges.map(associate), ...updates.map(patch)]); },
  };
}

/** One ingest request of items[from..to), stringified as it is sent; its token once every commit is known to be committed or durable. */
async function ingest(items, from, to, operation, perLine) {
  const rq = http.request(`${base}${space}/ingest`, { method: 'POST', headers: { 'Content-Type': 'application/x-ndjson', Prefer: 'wait=60' } });
  const answer = new Promise((ok, no) => { rq.once('response', ok); rq.on('error', no); });
  const range = (i, n) => Array.from({ length: Math.min(n, to - i) }, (_, k) => operation(items[i + k], i + k));
  const line = i => json(perLine === 1 ? operation(items[i], i) : { operations: range(i, perLine) }) + '\n';
  const blocks = function* () { const step = Math.max(500, perLine); for (let i = from; i < to; i += step) { let s = ''; for (let k = i; k < Math.min(to, i + step); k += perLine) s += line(k); yield s; } };
  pipeline(Readable.from(blocks()), rq).catch(() => {});                               // a failed send reaches `answer` as the request's error
  const rs = await answer; let text = ''; rs.setEncoding('utf8'); for await (const s of rs) text += s;
  if (rs.statusCode !== 200 && rs.statusCode !== 202) throw new Error(`POST ingest: ${rs.statusCode} ${text.slice(0, 150)}`);
  const lines = Math.ceil((to - from) / perLine), r = JSON.parse(text), o = r.outcomes; // 202: accepted, and still undecided after 60 s
  if (r.accepted !== lines || r.rejected?.length || (o && (o.committed !== lines || o.rejected))) throw new Error(`POST ingest of ${lines} lines: ${text.slice(0, 300)}`);
  return { token: r.token, undecided: !o };
}

/** Concepts in the export whose id begins so. */
async function exported(prefix) {
  const rs = await fetch(`${base}${space}/export?format=ndjson`); if (!rs.ok) throw new Error(`GET export: ${rs.status}`);
  let n = 0; for await (const line of createInterface({ input: Readable.fromWeb(rs.body) })) if (JSON.parse(line).concept?.id?.startsWith(prefix)) n++;
  return n;
}

/** W7 by 1 and 50 clients, when the index of vectors, which the runner's first search asks for, has been divided; and text with the built-in model. */
async function extra(ctx, data, repeat) {
  if (!ctx.a.vec) return;
  const q = data.queries, words = i => q.text[i % q.text.length], v = i => data.qvec.at(i % q.vec_top.length), searches = {
    'text or': (c, i) => c.text(words(i)),
    vector: (c, i) => c.vector(v(i)),
    'vector label': (c, i) => c.vector(v(i), q.vec_label[i % q.vec_label.length]),
    hybrid: (c, i) => c.hybrid(words(i), v(i)),
    'text and built-in model': (c, i) => c.meant(words(i)),
  };
  const c = await ctx.d.connect(); await c.meant(words(0)); await c.close(); await sleep(5000);   // the same for that index
  for (const [name, search] of Object.entries(searches)) for (const n of [1, 50]) await repeat(ctx, `W7 ${name} x${n} @${ctx.tag}`, n, search);
}

export default function ({ dir, variant }) {
  if (variant && !PER_LINE[variant]) throw new Error(`unknown variant ${variant}`);
  if (!CMD.length) throw new Error('CAIRN_CMD is not set: the command that starts the server');
  const logFile = `${dir}.log`; let proc, died;
  process.once('exit', () => proc?.kill('SIGKILL'));                                   // the runner's way out when a stop hangs
  return {
    name: variant ? `cairn-${variant}` : 'cairn', dir, embedded: false, durability: 'write log, fsync per group of commits', rootPid: () => proc.pid,
    textModes: ['or'], vectorModes: { '': {} },
    batchNote: '50 new concepts, 30 edges, 20 updates in one commit',
    async reset() { await this.stop(); fs.rmSync(dir, { recursive: true, force: true }); },
    async start(o = {}) {
      if (o.attach || proc) return; fs.mkdirSync(dir, { recursive: true });            // attach: the W10 writer process joins a running server
      const taken = await new Promise(ok => { const s = net.connect(PORT, '127.0.0.1', () => { s.destroy(); ok(true); }); s.on('error', () => ok(false)); });
      if (taken) throw new Error(`port ${PORT} is taken: an earlier server is still there`);
      const out = fs.openSync(logFile, 'a'); let gone;
      const p = proc = spawn(CMD[0], [...CMD.slice(1), '--urls', base, '--data', path.join(dir, 'data')], { stdio: ['ignore', out, out] }); fs.closeSync(out);
      died = new Promise(r => { p.once('exit', (code, signal) => { gone = `ended with ${code ?? signal}`; r(); }); p.once('error', e => { gone = e.message; r(); }); });
      for (let i = 0; ; i++) {
        let why; try { const r = await fetch(`${base}/health/ready`); await r.text(); if (r.ok) break; why = r.status; } catch (e) { why = e.cause?.code ?? e.message; }
        if (gone) { proc = undefined; throw new Error(`server ${gone}, see ${logFile}: ${fs.readFileSync(logFile, 'utf8').slice(-300)}`); }
        if (i > 4000) throw new Error(`server not ready: ${why}, see ${logFile}`);
        await sleep(5);
      }
      if (!o.existing) { const c = client(); await c.call(routes.space(o.vec)); await c.close(); }
    },
    async stop() {
      if (!proc) return; const p = proc; p.kill('SIGTERM');
      const late = setTimeout(() => { console.error('cairn: still running 15 s after SIGTERM, killed'); p.kill('SIGKILL'); }, 15000);
      await died; clearTimeout(late); proc = undefined;
    },
    async diskBytes() { return du(dir); },
    async count(c, prefix) {                                                           // by the server's filter; by the whole export where it has none
      const listed = async where => { let n = 0, cursor; do { const r = await c.call(routes.list(where, cursor)); for (const x of r.items) if (x.id.startsWith(prefix)) n++; cursor = r.cursor; } while (cursor); return n; };
      try { return await listed(`id LIKE '${prefix.replace(/[\\%_]/g, '\\$&').replaceAll("'", "''")}%'`); }
      catch (e) { console.error(`cairn: count by where failed, counting the export: ${e.message}`); return exported(prefix); }
    },
    async ingest({ concepts, edges, vectors }) {
      const c = client(), parts = {}; let t = performance.now(), token, undecided = 0; const lap = k => { parts[k] = (performance.now() - t) / 1000; t = performance.now(); };
      const steps = [['concepts', concepts, (x, i) => put(x, vectors?.at(i)), 1000], ['edges', edges, associate, 5000]];
      for (const [what, items, operation, size] of steps) {
        const step = variant ? OPS : size;
        for (let i = 0; i < items.length; i += step) {
          const end = Math.min(items.length, i + step);
          if (variant) { const r = await ingest(items, i, end, operation, PER_LINE[variant]); token = r.token; undecided += r.undecided; }
          else token = (await c.commit(items.slice(i, end).map((x, k) => operation(x, i + k)))).token;
        }
        lap(what);
      }
      await c.call(routes.seen(concepts.at(-1).id, token)); lap('visible');             // the clock stops when a read sees all of it
      await c.close();
      const note = variant ? `NDJSON ingest, ${PER_LINE[variant] === 1 ? 'one operation' : 'a commit of 1000 operations'} a line, ${OPS} operations a request, wait=60` : 'POST commits of 1000 concepts / 5000 edges';
      return { parts, note: undecided ? `${note}; ${undecided} requests undecided after 60 s` : note };
    },
    async connect() { const c = client(); c.extra = extra; return c; },
  };
}
