using System.Text.RegularExpressions;

namespace Cairn.Functions.Tests.Deployment;

public sealed partial class WorkflowTests
{
    private static readonly string[] Workflows = Directory.GetFiles(Path.Combine(TemplateTests.Root, ".github", "workflows"), "*.yml");

    [Fact]
    public void Actions_WhenUsed_ArePinnedByCommit()
    {
        var actions = Workflows.SelectMany(file => Action().Matches(File.ReadAllText(file))).Select(match => match.Groups[1].Value).ToArray();

        Assert.NotEmpty(actions);
        Assert.All(actions, action => Assert.Matches("^[^@]+@[0-9a-f]{40}$", action));
    }

    [Fact]
    public void Secrets_WhenLookedFor_AreNotThere() =>
        Assert.All(Workflows, file => Assert.DoesNotContain("secrets.", File.ReadAllText(file), StringComparison.Ordinal));

    [GeneratedRegex(@"uses: (\S+)")]
    private static partial Regex Action();
}
