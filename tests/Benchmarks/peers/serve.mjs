// Starts one peer of the harness with its data loaded, says so, and serves until its input ends: for clients other than the harness's.
//   node serve.mjs HARNESS_FOLDER PEER [N]      prints "ready PID" when loaded
import fs from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [harness, peer, tag = '10k'] = process.argv.slice(2), [file, variant] = peer.split('+');
const from = p => import(pathToFileURL(path.resolve(harness, p)));
const { loadData, RUN } = await from('lib/bench.mjs'), { default: make } = await from(`drivers/${file}.mjs`);
const d = make({ dir: path.join(RUN, `serve-${peer}`), variant });
await d.reset();
await d.start({});
await d.ingest(loadData(tag, { vectors: false }));
console.log(`ready ${d.rootPid()}`);
process.stdin.resume().once('end', async () => { await d.reset(); fs.rmSync(`${d.dir}.log`, { force: true }); process.exit(0); });
