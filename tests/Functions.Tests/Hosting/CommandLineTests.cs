using System.Diagnostics;
using System.Net;
using Cairn.Functions.Hosting;
using Cairn.Functions.Tests.Serving;

namespace Cairn.Functions.Tests.Hosting;

/// <summary>The executable as a process: what it prints, and with what it ends.</summary>
public sealed class CommandLineTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cairn-test-").FullName;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_WhenItListens_SaysWhereAndEndsOnSigterm()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "no signals");
        using var process = ServerProcess.Start([], "--urls", "http://127.0.0.1:0", "--data", _folder);

        var line = await process.StandardOutput.ReadLineAsync(Cancelled);

        Assert.Matches($"^Cairn {ProductVersion.Text} listens on http://127\\.0\\.0\\.1:\\d+, data in {_folder}$", line!);
        var address = new Uri(line!.Split(' ')[4].TrimEnd(','));
        using var client = new HttpClient { BaseAddress = address };
        using var put = await client.PutAsync("/v1/spaces/demo/concepts/a", new StringContent("{}", null, "application/json"), Cancelled);
        Assert.Equal(HttpStatusCode.Created, put.StatusCode);
        using var kill = Process.Start("kill", $"-TERM {process.Id}");
        await process.WaitForExitAsync(Cancelled);
        Assert.Equal(0, process.ExitCode);
        Assert.Empty(await process.StandardError.ReadToEndAsync(Cancelled));
    }

    [Fact]
    public async Task Start_WhenThePortIsTaken_EndsWithOneLine()
    {
        await using var server = await TestServer.StartAsync();

        await RequireRefusalAsync("in use", "--urls", server.Address.ToString().TrimEnd('/'), "--data", _folder);
    }

    [Fact]
    public async Task Start_WhenAnotherProcessHoldsTheFolder_EndsWithOneLine()
    {
        await using var server = await TestServer.StartAsync(options => options with { DataFolder = _folder });

        var line = await RequireRefusalAsync("in use", "--urls", "http://127.0.0.1:0", "--data", _folder);

        Assert.Contains(Environment.ProcessId.ToString(), line, StringComparison.Ordinal);
        Assert.Contains(server.Address.GetLeftPart(UriPartial.Authority), line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WhenTheFolderCannotBe_EndsWithOneLine()
    {
        var file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", Cancelled);

        await RequireRefusalAsync(file, "--urls", "http://127.0.0.1:0", "--data", Path.Combine(file, "data"));
    }

    [Fact]
    public Task Start_OnAnOpenAddressWithoutAKey_EndsWithOneLine() =>
        RequireRefusalAsync("CAIRN_API_KEY", "--urls", "http://0.0.0.0:0", "--data", _folder);

    private static async Task<string> RequireRefusalAsync(string part, params string[] arguments)
    {
        using var process = ServerProcess.Start([], arguments);
        var output = await process.StandardOutput.ReadToEndAsync(Cancelled);
        var error = await process.StandardError.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);

        Assert.Equal(1, process.ExitCode);
        Assert.Empty(output);
        var line = Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("cairn: ", line, StringComparison.Ordinal);
        Assert.Contains(part, line, StringComparison.Ordinal);
        return line;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
