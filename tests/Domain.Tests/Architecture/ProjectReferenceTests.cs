using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Cairn.Domain.Tests.Architecture;

/// <summary>functions → infra → Domain, and adapters never see each other.</summary>
public sealed partial class ProjectReferenceTests
{
    private static readonly string[] ForbiddenInDomain = ["Azure.", "Microsoft.Azure.", "Microsoft.AspNetCore.", "System.Net.Http"];

    [Fact]
    public void Domain_WhenBuilt_ReferencesNoCloudOrWebAssembly()
    {
        var references = Assembly.Load("Cairn.Domain").GetReferencedAssemblies().Select(reference => reference.Name!);

        Assert.DoesNotContain(references, name => ForbiddenInDomain.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal)));
    }

    [Fact]
    public void Domain_WhenProjectRead_ReferencesOnlyTensorsAndAnalyzers()
    {
        const string Project = "src/Domain/Cairn.Domain.csproj";

        Assert.Empty(Included(Project, "ProjectReference"));
        Assert.Empty(Included(Project, "FrameworkReference"));
        Assert.Subset(
            new HashSet<string> { "System.Numerics.Tensors", "Microsoft.CodeAnalysis.BannedApiAnalyzers" },
            Included(Project, "PackageReference").ToHashSet());
    }

    [Fact]
    public void Domain_WhenSourcesRead_NamesNoCloudOrWebNamespace()
    {
        var offences = SourceTree.Files("src/Domain", "*.cs")
            .SelectMany(file => ForbiddenNamespace().Matches(SourceTree.ReadCode(file)).Select(match => $"{file}: {match.Value}"));

        Assert.Empty(offences);
    }

    [Fact]
    public void Infra_WhenProjectsRead_ReferenceOnlyDomain()
    {
        var offences =
            from project in SourceTree.Files("infra", "*.csproj")
            from reference in Included(project, "ProjectReference")
            where !reference.EndsWith("src/Domain/Cairn.Domain.csproj", StringComparison.Ordinal)
            select $"{project} -> {reference}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Infra_WhenSourcesRead_NameNoOtherAdapterOrHost()
    {
        var offences =
            from file in SourceTree.Files("infra", "*.cs")
            let own = $"Cairn.Infra.{file.Split('/')[1]}"
            from Match match in OuterNamespace().Matches(SourceTree.ReadCode(file))
            where match.Value != own
            select $"{file}: {match.Value}";

        Assert.Empty(offences);
    }

    [Fact]
    public void Embedded_WhenProjectRead_ReferencesOnlyDomainAndLocal()
    {
        var references = Included("src/Embedded/Cairn.Embedded.csproj", "ProjectReference").Select(path => Path.GetFileName(path));

        Assert.Subset(new HashSet<string> { "Cairn.Domain.csproj", "Cairn.Infra.Local.csproj" }, references.ToHashSet());
    }

    private static IEnumerable<string> Included(string project, string item) =>
        XDocument.Parse(SourceTree.ReadText(project)).Descendants(item)
            .Select(element => ((string?)element.Attribute("Include") ?? string.Empty).Replace('\\', '/'));

    [GeneratedRegex(@"(?<![\w.""])(Microsoft\.)?Azure\.\w+|(?<![\w.""])Microsoft\.AspNetCore\b|(?<![\w.""])System\.Net\.Http\b")]
    private static partial Regex ForbiddenNamespace();

    [GeneratedRegex(@"(?<![\w.""])Cairn\.(Infra\.\w+|Functions|Embedded)\b")]
    private static partial Regex OuterNamespace();
}
