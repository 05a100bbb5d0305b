namespace Cairn.Functions.Tests.Serving;

/// <summary>Tests over one server of their own, each with spaces of its own.</summary>
public abstract class ServerTests : IAsyncLifetime
{
    private static int _spaces;
    private TestServer? _server;

    public TestServer Server => _server!;

    /// <summary>The path of a space that no other test has; it does not exist yet.</summary>
    protected static string NewSpace() => $"/v1/spaces/test-{Interlocked.Increment(ref _spaces)}";

    /// <summary>The path of a space with a few concepts and associations.</summary>
    protected async Task<string> NewGraphAsync(params string[] operations)
    {
        var space = NewSpace();
        var reply = await Server.PostAsync($"{space}/commits", $$"""{"operations":[{{string.Join(",", operations)}}]}""");
        Assert.True(reply.Status == System.Net.HttpStatusCode.OK, reply.Text);
        return space;
    }

    protected static string Put(string id, string members = "") => $$"""{"op":"put","concept":{"id":"{{id}}"{{Behind(members)}} } }""";

    protected static string Associate(string source, string type, string target, string members = "") =>
        $$"""{"op":"associate","association":{"source":"{{source}}","type":"{{type}}","target":"{{target}}"{{Behind(members)}} },"missingEndpoints":"imply"}""";

    private static string Behind(string members) => members.Length > 0 ? "," + members : "";

    private protected virtual Cairn.Functions.Hosting.ServerOptions Options(Cairn.Functions.Hosting.ServerOptions options) => options;

    public virtual async ValueTask InitializeAsync() => _server = await TestServer.StartAsync(Options);

    public virtual async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}
