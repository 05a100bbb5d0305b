// The npm SDK's client: node client.mjs SDK TARGET STEPS, the last two in JSON. It takes the steps and prints what came of each, an array.
import { pathToFileURL } from "node:url";

const [sdk, target, steps] = [process.argv[2], JSON.parse(process.argv[3]), JSON.parse(process.argv[4])];
const load = (name) => import(new URL(name, pathToFileURL(sdk)));
const [{ Client }, { StreamableHTTPClientTransport }, { StdioClientTransport }] = await Promise.all(["index.js", "streamableHttp.js", "stdio.js"].map(load));

const client = new Client({ name: "test", version: "1" });
await client.connect(target.url
  ? new StreamableHTTPClientTransport(new URL(target.url))
  : new StdioClientTransport({ command: target.command[0], args: target.command.slice(1) }));

const take = (step) => {
  switch (step.method) {
    case "initialize": return { name: client.getServerVersion().name, capabilities: client.getServerCapabilities(), instructions: client.getInstructions() };
    case "tools/list": return client.listTools();
    case "tools/call": return client.callTool({ name: step.name, arguments: step.arguments });
    case "resources/list": return client.listResources();
    case "resources/read": return client.readResource({ uri: step.name });
    default: throw new Error(`no step ${step.method}`);
  }
};

const results = [];
for (const step of steps) {
  try {
    results.push(await take(step));
  } catch (failure) {
    results.push({ error: failure.message });
  }
}

await client.close();
console.log(JSON.stringify(results));
