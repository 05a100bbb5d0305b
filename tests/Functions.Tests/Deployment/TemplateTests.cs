using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Cairn.Functions.Tests.Deployment;

/// <summary>The templates of bicep/ compile without a warning, keep this project's rules, and set what the program reads.</summary>
public sealed partial class TemplateTests
{
    internal static readonly string Root = FindRoot();
    private static readonly string Folder = Path.Combine(Root, "bicep");
    private static readonly Lazy<Task<(JsonObject? Template, string Said)>> Main = new(() => BicepCompiler.BuildAsync(Path.Combine(Folder, "main.bicep")));

    // Read by the Functions host, not by the program.
    private static readonly string[] HostSettings =
    [
        "APPLICATIONINSIGHTS_CONNECTION_STRING", "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
    ];

    [Fact]
    public async Task Main_WhenCompiled_SaysNothing()
    {
        var (template, said) = await Main.Value;

        Assert.Equal("", said);
        Assert.NotNull(template);
    }

    [Theory]
    [InlineData("dev")]
    [InlineData("prod")]
    public async Task Parameters_WhenCompiled_TakeTheEnvironment(string name)
    {
        var (parameters, said) = await BicepCompiler.BuildParametersAsync(
            Path.Combine(Folder, $"{name}.bicepparam"), ("AZURE_LOCATION", "westeurope"), ("AZURE_ENV_NAME", "test"), ("CAIRN_ENTRA_AUDIENCE", "a"));

        Assert.Equal("", said);
        Assert.Equal("westeurope", (string?)parameters!["location"]!["value"]);
        Assert.Equal("a", (string?)parameters["entraAudience"]!["value"]);
    }

    [Fact]
    public async Task Main_WhenCheckedByTheRules_BreaksNone()
    {
        var template = (await Main.Value).Template!;

        Assert.Empty(TemplateRules.Undescribed(template));
        Assert.Empty(TemplateRules.Secrets(template));
        Assert.Empty(TemplateRules.SecureParameters(template));
        Assert.Empty(TemplateRules.Roles(template));
    }

    [Fact]
    public async Task Settings_WhenCompared_AreReadByTheProgramOrItsHost()
    {
        var set = TemplateRules.Settings((await Main.Value).Template!).ToArray();

        Assert.NotEmpty(set);
        Assert.Empty(set.Except(ReadByTheProgram()).Except(ReadByTriggers()).Except(HostSettings));
        Assert.DoesNotContain("CAIRN_API_KEY", set); // whoever reads settings would read it
    }

    [Fact]
    public async Task Queues_WhenTriggersNameThem_AreMade()
    {
        var template = (await Main.Value).Template!.ToJsonString();

        Assert.All(Triggers().Select(each => (string?)each["queueName"]).OfType<string>(), queue => Assert.Contains(queue, template, StringComparison.Ordinal));
    }

    [Fact]
    public void Modules_WhenListed_AreAllUsed()
    {
        var main = File.ReadAllText(Path.Combine(Folder, "main.bicep"));

        var unused = Directory.GetFiles(Folder, "*.bicep", SearchOption.AllDirectories)
            .Select(file => Path.GetRelativePath(Folder, file).Replace('\\', '/'))
            .Where(file => file != "main.bicep" && !main.Contains($"'{file}'", StringComparison.Ordinal));

        Assert.Empty(unused);
    }

    [Fact]
    public async Task Rules_WhenASampleBreaksThem_TellEach()
    {
        var (template, _) = await BicepCompiler.BuildAsync(Path.Combine(AppContext.BaseDirectory, "Deployment", "broken.bicep"));

        Assert.NotNull(template);
        Assert.Equal(["parameters/name has no @description", "outputs/key has no @description"], TemplateRules.Undescribed(template));
        Assert.Equal(
            ["outputs/telemetry gives a secret away", "outputs/password gives a secret away", "listKeys(…) asks for keys"],
            TemplateRules.Secrets(template));
        Assert.Equal(
            [
                "[guid('owner')]: role '8e3af657-a8ff-443c-a75c-2fe8c4bcb635' is not among those that this deployment gives",
                "[guid('owner')]: it has no @description of why",
                "[guid('wide')]: it does not hold for one resource only",
            ],
            TemplateRules.Roles(template));
        Assert.Equal(["CAIRN_UNKNOWN"], TemplateRules.Settings(template).Except(ReadByTheProgram()));
    }

    private static IEnumerable<string> ReadByTheProgram()
    {
        var code = string.Concat(Directory.GetFiles(Path.Combine(Root, "functions", "Hosting"), "*.cs").Select(File.ReadAllText));
        return CairnSetting().Matches(code).Select(match => match.Groups[1].Value)
            .Concat(StorageSetting().Matches(code).Select(match => $"AzureWebJobsStorage{match.Groups[1].Value}"));
    }

    // Of a connection that a binding names, the host reads where it is and as whom.
    private static IEnumerable<string> ReadByTriggers() =>
        Triggers().Select(each => (string?)each["connection"]).OfType<string>().Distinct()
            .SelectMany(name => new[] { $"{name}__fullyQualifiedNamespace", $"{name}__credential", $"{name}__clientId" })
            .Concat(Triggers().SelectMany(each => Placeholder().Matches(each.ToJsonString()).Select(match => match.Groups[1].Value)));

    private static IEnumerable<JsonNode> Triggers() =>
        FunctionFiles().SelectMany(file => JsonNode.Parse(File.ReadAllText(file))!["bindings"]!.AsArray()).Select(each => each!);

    private static IEnumerable<string> FunctionFiles() =>
        Directory.GetDirectories(Path.Combine(Root, "functions")).Where(each => Path.GetFileName(each) is not ("bin" or "obj"))
            .SelectMany(each => Directory.GetFiles(each, "function.json", SearchOption.AllDirectories));

    private static string FindRoot()
    {
        var folder = AppContext.BaseDirectory;
        while (!File.Exists(Path.Combine(folder, "Cairn.slnx")))
        {
            folder = Path.GetDirectoryName(folder) ?? throw new InvalidOperationException("the tests run outside the repository");
        }

        return folder;
    }

    [GeneratedRegex("\"(CAIRN_[A-Z_]+)\"")]
    private static partial Regex CairnSetting();

    [GeneratedRegex("Connection \\+ \"(__\\w+)\"")]
    private static partial Regex StorageSetting();

    [GeneratedRegex("%([A-Za-z0-9_]+)%")]
    private static partial Regex Placeholder();
}
