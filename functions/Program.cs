using System.CommandLine;
using Cairn.Functions.Commands;

var root = ServeCommand.AddTo(new RootCommand("Cairn, a memory service for AI agents."));
McpCommand.AddTo(KeysCommand.AddTo(CompactCommand.AddTo(VerifyCommand.AddTo(DemoCommand.AddTo(root)))));

// The server ends open work by itself when it is told to stop, and needs its time for it.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
