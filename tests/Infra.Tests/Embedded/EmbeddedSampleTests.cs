using Cairn.Infra.Tests.Local;

namespace Cairn.Infra.Tests.Embedded;

/// <summary>The sample in docs/samples/embedded runs as its readers run it.</summary>
public sealed class EmbeddedSampleTests
{
    [Fact]
    public async Task Sample_WhenRunTwice_LearnsAndRemembers()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(
            [
                "0 concepts known",
                "learned: Committed, 5 operations",
                "ada was born in 1815",
                "babbage -> designed engine",
                "babbage <- worked_with ada",
                "ada - babbage - engine",
                "changed: Committed",
                "a late change: Rejected, Version",
                "told about chapter 7: new",
                "told about chapter 7: known already",
                "1000 days",
                "refused: strength",
                "1003 concepts, 2 associations, 0 dropped",
            ],
            await RunAsync(folder.Path));
        var again = await RunAsync(folder.Path);
        Assert.Equal("1003 concepts known", again[0]);
        Assert.Contains("told about chapter 7: known already", again);
        Assert.DoesNotContain("told about chapter 7: new", again);
    }

    private static Task<string[]> RunAsync(string folder) => SampleProcess.RunAsync("EmbeddedSample.dll", Path.GetTempPath(), folder);
}
