using System.Text.Json;
using Cairn.Functions.Endpoints;
using Cairn.Functions.Hosting;
using Cairn.Functions.Triggers;

namespace Cairn.Functions.Tests.Triggers;

/// <summary>What the Functions host is told: every route is forwarded by a function, no trigger is, and names are those of the code.</summary>
public sealed class FunctionFilesTests
{
    private static readonly Dictionary<string, JsonElement> Functions = Directory.GetDirectories(Path.Combine(Source, "Bindings"))
        .ToDictionary(folder => Path.GetFileName(folder)!, folder => JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "function.json"))).RootElement);

    private static readonly JsonElement Host = JsonDocument.Parse(File.ReadAllText(Path.Combine(Source, "host.json"))).RootElement;

    private static string Source => Path.Combine(AppContext.BaseDirectory[..AppContext.BaseDirectory.IndexOf($"{Path.DirectorySeparatorChar}tests{Path.DirectorySeparatorChar}", StringComparison.Ordinal)], "functions");

    private static JsonElement Trigger(string function) => Functions[function].GetProperty("bindings")[0];

    private static IEnumerable<string> Forwarded => Functions.Keys
        .Where(function => Trigger(function).GetProperty("type").GetString() == "httpTrigger")
        .Select(function => Trigger(function).GetProperty("route").GetString()!);

    [Fact]
    public void Functions_WhenListed_AreTheRoutesOfTheHostAndThePrefixesOfCallers()
    {
        var triggers = new[] { IngestQueue.Function, EventIngest.Function, ReconcileQueue.Function, ImportQueue.Function, SpaceSweep.Function };

        Assert.Equal(triggers.Concat(["api-v1", "api-mcp", "api-health", "api-openapi"]).Order(), Functions.Keys.Order());
        Assert.All(triggers, function => Assert.NotEqual("httpTrigger", Trigger(function).GetProperty("type").GetString()));
    }

    [Fact]
    public void Routes_WhenTheHostForwards_AreAllThereAreAndNoTriggers()
    {
        static string First(string path) => path.TrimStart('/').Split('/')[0];
        var forwarded = Forwarded.Select(First).Order();

        Assert.Equal(RouteList.Table.All.Select(route => First(route.Template)).Distinct().Order(), forwarded);
        Assert.DoesNotContain(forwarded, first => first.StartsWith('{') || Functions.Keys.Contains(first, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public void Routes_WhenTheHostForwards_TakeAllMethodsAndLeaveKeysToCairn() => Assert.All(Functions.Keys.Where(function => function.StartsWith("api-", StringComparison.Ordinal)), function =>
    {
        var taken = Trigger(function).GetProperty("methods").EnumerateArray().Select(method => method.GetString()!.ToUpperInvariant()).ToHashSet();
        Assert.Equal("anonymous", Trigger(function).GetProperty("authLevel").GetString());
        Assert.All(RouteList.Table.All, route => Assert.Contains(route.Method, taken));

        // With any further binding the host would wrap requests instead of forwarding them.
        Assert.Equal(["httpTrigger", "http"], Functions[function].GetProperty("bindings").EnumerateArray().Select(binding => binding.GetProperty("type").GetString()));
    });

    [Theory]
    [InlineData(IngestQueue.Function, ServerQueues.IngestName)]
    [InlineData(ReconcileQueue.Function, ServerQueues.ReconcileName)]
    [InlineData(ImportQueue.Function, ServerQueues.ImportName)]
    public void Queues_WhenBound_AreThoseOfTheCode(string function, string queue)
    {
        Assert.Equal(("queueTrigger", queue, "message", StorageSettings.Connection), (
            Trigger(function).GetProperty("type").GetString(), Trigger(function).GetProperty("queueName").GetString(),
            Trigger(function).GetProperty("name").GetString(), Trigger(function).GetProperty("connection").GetString()));
    }

    [Fact]
    public void Events_WhenBound_ComeInBatchesAndAreRetriedWithoutEnd()
    {
        Assert.Equal(("eventHubTrigger", "events", "many"), (
            Trigger(EventIngest.Function).GetProperty("type").GetString(), Trigger(EventIngest.Function).GetProperty("name").GetString(),
            Trigger(EventIngest.Function).GetProperty("cardinality").GetString()));
        Assert.Equal(-1, Functions[EventIngest.Function].GetProperty("retry").GetProperty("maxRetryCount").GetInt32());
    }

    [Fact]
    public void Host_WhenRead_ForwardsAndLeavesTheLastWordOnMessagesToCairn()
    {
        var (handler, queues) = (Host.GetProperty("customHandler"), Host.GetProperty("extensions").GetProperty("queues"));

        Assert.True(handler.GetProperty("enableProxyingHttpRequest").GetBoolean());
        Assert.Equal(typeof(CairnServer).Assembly.GetName().Name, handler.GetProperty("description").GetProperty("defaultExecutablePath").GetString());
        Assert.Equal("", Host.GetProperty("extensions").GetProperty("http").GetProperty("routePrefix").GetString());
        Assert.Equal("none", queues.GetProperty("messageEncoding").GetString());
        Assert.Equal(Delivery.MaxCount, queues.GetProperty("maxDequeueCount").GetInt32());
        Assert.Equal($"{ServerQueues.IngestName}-poison", ServerQueues.PoisonName);
    }
}
