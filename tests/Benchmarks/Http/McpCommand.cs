using System.Diagnostics;
using System.Globalization;
using System.Text;
using Cairn.Benchmarks.Reporting;
using Cairn.Benchmarks.Stores;

namespace Cairn.Benchmarks.Http;

/// <summary>
/// Tools of MCP at a memory of some size, one client over HTTP: what a call takes from its first byte sent to the last byte of its answer. Writes are durable in the file store when they are answered.
/// </summary>
internal static class McpCommand
{
    private const int Batch = 100, FillBatch = 1_000, Creates = 100, Searches = 200, WarmCalls = 40, BufferBytes = 4 * 1024 * 1024;

    public static async Task<int> RunAsync(Options options)
    {
        Console.WriteLine(Hardware.Line());
        var entities = options.Has("--quick") ? 10_000 : 100_000;
        using var folder = new ScratchFolder();
        using var server = await LocalServer.StartAsync(options.Value("--server"), folder.Path).ConfigureAwait(false);
        using var memory = await HttpConnection.OpenAsync(server.Address, BufferBytes).ConfigureAwait(false);
        var client = new Client(memory, server.Address);
        for (var at = 0; at < entities; at += FillBatch)
        {
            await client.CallAsync("create_entities", Entities(at, FillBatch)).ConfigureAwait(false);
            await client.CallAsync("create_relations", Relations(at, FillBatch)).ConfigureAwait(false);
        }

        var next = entities;
        var create = await client.MeasureAsync(Creates, "create_entities", _ => Entities((next += Batch) - Batch, Batch)).ConfigureAwait(false);
        var open = await client.MeasureAsync(Searches, "open_nodes", call => $$"""{"names":["{{Name(call * 397 % entities)}}"]}""").ConfigureAwait(false);
        var search = await client.MeasureAsync(Searches, "search_nodes", call => $$"""{"query":"SAID OF {{call * 397 % entities}} "}""").ConfigureAwait(false);
        var miss = await client.MeasureAsync(Searches, "search_nodes", static call => $$"""{"query":"never said {{call}}"}""").ConfigureAwait(false);
        var size = string.Create(CultureInfo.InvariantCulture, $"at {entities:N0} entities");
        Console.WriteLine();
        return FigureTable.Print(
            Console.Out,
            [
                Of($"create_entities of {Batch} {size}, p95", create, new(10_000, 5_000)),
                Of($"search_nodes {size}, one is found, p95", search, new(20_000, double.NaN)),
                Of($"search_nodes {size}, none is found, p95", miss, new(20_000, double.NaN)),
                Of($"open_nodes of 1 {size}, p95", open, Target.None),
            ]) ? 0 : 2;
    }

    private static Figure Of(string name, Samples samples, Target target) =>
        new(name, samples.Microseconds(.95), Unit.Microseconds, target, string.Create(CultureInfo.InvariantCulture, $"p50 {samples.Microseconds(.5):N0} µs, longest {samples.Microseconds(1):N0} µs"));

    private static string Name(int number) => string.Create(CultureInfo.InvariantCulture, $"Entity number {number}");

    private static string Entities(int from, int count) => $$"""{"entities":[{{string.Join(',', Enumerable.Range(from, count).Select(Entity))}}]}""";

    private static string Entity(int number) => string.Create(
        CultureInfo.InvariantCulture,
        $$"""{"name":"{{Name(number)}}","entityType":"type {{number % 20}}","observations":["What was said of {{number}} at first, in some more words than are needed.","And a second thing that somebody may want to know, from {{number % 977}}."]}""");

    private static string Relations(int from, int count) => $$"""{"relations":[{{string.Join(',', Enumerable.Range(from, count).Select(Relation))}}]}""";

    private static string Relation(int number) => $$"""{"from":"{{Name(number)}}","to":"{{Name((int)(number * 7919L % (number + 1)))}}","relationType":"knows"}""";

    private sealed class Client(HttpConnection connection, Uri server)
    {
        public async Task<Samples> MeasureAsync(int calls, string tool, Func<int, string> arguments)
        {
            for (var call = 0; call < WarmCalls; call++)
            {
                await CallAsync(tool, arguments(calls + call)).ConfigureAwait(false);
            }

            var samples = new Samples(calls);
            for (var call = 0; call < calls; call++)
            {
                samples.Add(await CallAsync(tool, arguments(call)).ConfigureAwait(false));
            }

            return samples;
        }

        /// <summary>Nanoseconds that the call took.</summary>
        public async Task<long> CallAsync(string tool, string arguments)
        {
            var request = HttpConnection.Send(server, "POST", "/mcp/memory", $$$"""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"{{{tool}}}","arguments":{{{arguments}}}}}""");
            var began = Stopwatch.GetTimestamp();
            var (status, body) = await connection.AskAsync(request).ConfigureAwait(false);
            var took = Stopwatch.GetElapsedTime(began);
            return status == 200 && body.Span.IndexOf("\"structuredContent\""u8) >= 0 ? (long)took.TotalNanoseconds : throw new InvalidDataException(Encoding.UTF8.GetString(body.Span));
        }
    }
}
