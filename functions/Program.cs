using System.CommandLine;
using Cairn.Functions.Commands;

var root = DemoCommand.AddTo(ServeCommand.AddTo(new RootCommand("Cairn, a memory service for AI agents.")));

// The server ends open work by itself when it is told to stop, and needs its time for it.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
