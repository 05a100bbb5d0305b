using Cairn.Benchmarks;
using Cairn.Benchmarks.Churn;
using Cairn.Benchmarks.Engine;
using Cairn.Benchmarks.Http;
using Cairn.Benchmarks.Memory;
using Cairn.Benchmarks.Opening;
using Cairn.Benchmarks.Outcomes;
using Cairn.Benchmarks.Retrieval;
using Cairn.Benchmarks.Search;
using Cairn.Benchmarks.Segments;
using Cairn.Benchmarks.Stages;
using Cairn.Benchmarks.Vectors;

const string Help = """
    dotnet run -c Release --project tests/Benchmarks -- COMMAND

      engine    the engine alone against its targets: reads, writes, publish, hubs
                --only NAME the benchmarks with that in their name (where, read, path),
                --quick fewer iterations, --verbose all that BenchmarkDotNet says,
                --cpu-time the thread's own time instead of the wall clock's, for a busy machine
      memory    bytes that a space takes, each case in a process of its own; --quick once instead of three times
      peers     beside PostgreSQL, SQLite, Redis and bare HTTP servers; needs the folder of the harness (peers/README.md)
      connections URL --pid SERVER   10,000 open connections to a running server, 200 of them busy (peers/connections.sh starts one)
      empty-kestrel PORT             a server that does nothing, for comparison (peers/wrk.sh)
      opening   opening a space from its checkpoint and from its log, what checkpoints take, reads as of an earlier position;
                --quick 10,000 concepts, --concepts N that many
      churn     memory and disk while 10 million concepts, then associations, come and go; --count N
      outcomes  what remembering commits takes, in memory and in files; --quick a tenth of the data
      changes URL [--subscribers 1000] [--rate 20] [--seconds 10]
                from the start of a write to its event at each of the subscribers of a running server
      soak URL --pid SERVER [--writes 2000] [--reads 2000] [--seconds 600] [--every 30]
                a steady load for minutes, and whether all that was acknowledged is there at its end (peers/soak.sh starts server and storage)
      fairness URL [--seconds 5] [--rounds 3]
                reads of one space of a running server, alone, beside a burst of writes to another and beside scans of it
      mcp       tools of MCP over HTTP at 100,000 entities, against a server that it starts; --quick 10,000, --server DLL another than that of this build
      stages    where the time and the garbage of a write go, stage by stage; --quick a tenth of the data
      retrieval FOLDER [--run FILE]
                how well searches, by words, by the built-in model and by both, rank a collection with judged queries (docs.jsonl, queries.jsonl, qrels.txt); skipped without one;
                --run writes the rankings for other evaluators
      search    searches by words and vectors over generated concepts: their rates, their indexes, and what these cost writes; --quick a tenth of the data
      vectors   vector search against an exact one: recall, searches and additions a second, memory; --vectors N that many, --cpu-time as above
      segments  opening a segment by its number of chunks, and what each compression costs and saves; --quick a fifth of the rounds
    """;

var options = new Options(args.Length > 0 ? args[1..] : []);
switch (args.FirstOrDefault())
{
    case "engine":
        return EngineCommand.Run(options);
    case "memory":
        return MemoryCommand.Run(options);
    case "peers":
        return PeersCommand.Run(options);
    case "connections":
        return ConnectionsCommand.Run(options);
    case "empty-kestrel":
        return EmptyKestrelCommand.Run(options);
    case "opening":
        return await OpeningCommand.RunAsync(options).ConfigureAwait(false);
    case "churn":
        return await ChurnCommand.RunAsync(options).ConfigureAwait(false);
    case "outcomes":
        return await OutcomesCommand.RunAsync(options.Has("--quick")).ConfigureAwait(false);
    case "changes":
        return await ChangesCommand.RunAsync(options).ConfigureAwait(false);
    case "soak":
        return await SoakCommand.RunAsync(options).ConfigureAwait(false);
    case "fairness":
        return await FairnessCommand.RunAsync(options).ConfigureAwait(false);
    case "mcp":
        return await McpCommand.RunAsync(options).ConfigureAwait(false);
    case "stages":
        return StagesCommand.Run(options.Has("--quick"));
    case "retrieval":
        return RetrievalCommand.Run(options);
    case "search":
        return SearchCommand.Run(options.Has("--quick"));
    case "vectors":
        return VectorsCommand.Run(options);
    case "segments":
        return SegmentsCommand.Run(options.Has("--quick"));
    case "--help" or "-h" or "help":
        Console.WriteLine(Help);
        return 0;
    default:
        Console.Error.WriteLine(Help);
        return 1;
}
