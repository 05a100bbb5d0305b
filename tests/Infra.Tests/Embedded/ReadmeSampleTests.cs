using System.Text.RegularExpressions;
using Cairn.Infra.Tests.Local;

namespace Cairn.Infra.Tests.Embedded;

/// <summary>The C# program of the README compiles, because it is that of docs/samples/readme, and does what it says.</summary>
public sealed partial class ReadmeSampleTests
{
    [Fact]
    public void Readme_WhenItShowsCSharp_ShowsTheSample()
    {
        var root = FindRoot();
        var shown = Block().Matches(Read(root, "README.md")).Select(match => match.Groups[1].Value);

        Assert.Equal([Read(root, "docs", "samples", "readme", "Program.cs")], shown);
    }

    [Fact]
    public async Task Sample_WhenRun_PrintsWhatItRemembers()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal(["1815", "worked_with ada"], await SampleProcess.RunAsync("ReadmeSample.dll", folder.Path));
    }

    private static string Read(params string[] path) => File.ReadAllText(Path.Combine(path)).ReplaceLineEndings("\n");

    internal static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cairn.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return folder;
    }

    [GeneratedRegex("^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();
}
