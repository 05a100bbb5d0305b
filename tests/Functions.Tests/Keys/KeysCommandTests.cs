using System.Net;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Keys;

/// <summary>The command <c>keys</c> as a process of its own, on a folder that nobody holds and beside a server that holds it.</summary>
public sealed class KeysCommandTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Keys_WhenMadeBesideAServer_CountThereAndAreListedAndRevoked()
    {
        var before = (await RunAsync(0, "create", "--name", "first", "--scope", "admin")).Trim();
        await using var server = await TestServer.StartAsync(options => options with { DataFolder = _folder });
        (await server.GetAsync("/v1/spaces")).RequireProblem(401, "unauthenticated");
        (await server.GetAsync("/v1/keys", ("x-api-key", before))).Require(HttpStatusCode.OK);

        var beside = (await RunAsync(0, "create", "--name", "second one", "--spaces", "acme-*,demo", "--expires", "P90D")).Trim();

        (await server.GetAsync("/v1/spaces", ("x-api-key", beside))).Require(HttpStatusCode.OK);
        (await server.GetAsync("/v1/keys", ("x-api-key", beside))).RequireProblem(403, "forbidden");
        var listed = await RunAsync(0, "list");
        Assert.Contains("\tread\tacme-*,demo\t20", listed, StringComparison.Ordinal);
        Assert.Contains("second one", listed, StringComparison.Ordinal);
        Assert.DoesNotContain(beside[^43..], listed, StringComparison.Ordinal);
        await RunAsync(0, "revoke", beside.Split('_')[1]);
        Assert.DoesNotContain("second one", await RunAsync(0, "list"), StringComparison.Ordinal);
        await RunAsync(1, "revoke", beside.Split('_')[1]);
    }

    [Fact]
    public async Task Create_WhenAKeyIsMadeOnlyIfThereIsNone_MakesOne()
    {
        Assert.StartsWith("cairn_", await RunAsync(0, "create", "--name", "first", "--scope", "admin", "--if-none"), StringComparison.Ordinal);
        Assert.Equal("", await RunAsync(0, "create", "--name", "first", "--scope", "admin", "--if-none"));
    }

    [Theory]
    [InlineData("--scope", "root")]
    [InlineData("--spaces", "Acme")]
    [InlineData("--expires", "2001-01-01T00:00:00Z")]
    [InlineData("--expires", "soon")]
    public async Task Create_WhenAnOptionIsWrong_EndsWithOneLine(string option, string value) => await RunAsync(1, "create", "--name", "a", option, value);

    private async Task<string> RunAsync(int exitCode, params string[] arguments)
    {
        using var process = ServerProcess.Start([], ["keys", .. arguments, "--data", _folder]);
        var said = process.StandardError.ReadToEndAsync(Token);
        var output = await process.StandardOutput.ReadToEndAsync(Token);
        await process.WaitForExitAsync(Token);
        Assert.True(process.ExitCode == exitCode, $"{process.ExitCode}: {output}{await said}");
        return output;
    }
}
